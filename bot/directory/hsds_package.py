"""The directory as HSDS 3.0's tabular data package: one CSV file a table, and datapackage.json about them.

The same objects as the JSON export (bot/directory/hsds.py), taken apart: tables and columns are named as
the standard's compiled schema names them. Only tables and columns that we have something for are there.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from bot.directory import hsds
from bot.facts import today
from bot.spreadsheets import marked

_UUID = ("string", "uuid")
_TEXT = ("string", "default")
_TIME = (1980, 1, 1, 0, 0, 0)  # of each file in the archive: the same directory gives the same bytes
Row = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """One CSV file: its columns with type and format, those that are never empty, and what each foreign
    key's column points at."""

    path: str
    columns: dict[str, tuple[str, str]]
    required: tuple[str, ...]
    foreign: dict[str, str]


_OF_SERVICE = {"service_id": "service"}
TABLES = {
    "organization": Table(
        "organizations.csv",
        {
            "id": _UUID,
            "name": _TEXT,
            "alternate_name": _TEXT,
            "description": _TEXT,
            "website": ("string", "uri"),
        },
        ("id", "name", "description"),
        {},
    ),
    "service": Table(
        "services.csv",
        {
            "id": _UUID,
            "organization_id": _UUID,
            "name": _TEXT,
            "alternate_name": _TEXT,
            "status": _TEXT,
            "fees_description": _TEXT,
            "eligibility_description": _TEXT,
            "assured_date": ("date", "default"),
            "last_modified": _TEXT,
        },
        ("id", "name", "status"),
        {"organization_id": "organization"},
    ),
    "attribute": Table(
        "attributes.csv",
        {"id": _UUID, "link_id": _UUID, "link_type": _TEXT, "link_entity": _TEXT, "value": _TEXT},
        ("id",),
        {},
    ),
    "service_at_location": Table(
        "service_at_location.csv",
        {"id": _UUID, "service_id": _UUID, "location_id": _UUID},
        ("id",),
        {**_OF_SERVICE, "location_id": "location"},
    ),
    "location": Table(
        "locations.csv",
        {"id": _UUID, "location_type": _TEXT, "name": _TEXT, "alternate_name": _TEXT},
        ("id", "location_type"),
        {},
    ),
    "phone": Table(
        "phones.csv",
        {"id": _UUID, "service_id": _UUID, "number": _TEXT, "type": _TEXT},
        ("id", "number"),
        _OF_SERVICE,
    ),
    "schedule": Table(
        "schedules.csv",
        {
            "id": _UUID,
            "service_id": _UUID,
            "freq": _TEXT,
            "byday": _TEXT,
            "opens_at": _TEXT,
            "closes_at": _TEXT,
        },
        ("id",),
        _OF_SERVICE,
    ),
    "service_area": Table(
        "service_areas.csv",
        {"id": _UUID, "service_id": _UUID, "name": _TEXT, "extent": _TEXT, "extent_type": _TEXT},
        ("id",),
        _OF_SERVICE,
    ),
    "language": Table(
        "languages.csv",
        {"id": _UUID, "service_id": _UUID, "name": _TEXT, "code": _TEXT},
        ("id",),
        _OF_SERVICE,
    ),
    "cost_option": Table(
        "cost_options.csv",
        {
            "id": _UUID,
            "service_id": _UUID,
            "option": _TEXT,
            "currency": _TEXT,
            "amount": ("number", "default"),
        },
        ("id",),
        _OF_SERVICE,
    ),
}
# Lists within a service of the JSON export, and the table that each becomes.
_LISTS = {
    "phones": "phone",
    "schedules": "schedule",
    "service_areas": "service_area",
    "languages": "language",
    "cost_options": "cost_option",
    "attributes": "attribute",
}


def export_package(session: Session, public: bool = True) -> bytes:
    """The published entries (or all) as a ZIP archive of the package."""
    rows = _rows(json.loads(hsds.export_hsds(session, public)))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "datapackage.json", json.dumps(_described(), ensure_ascii=False, indent=1))
        for name, table in TABLES.items():
            _add(archive, table.path, _csv(table, rows[name]))
    return out.getvalue()


def _rows(services: list[Row]) -> dict[str, list[Row]]:
    """The rows of each table, each id once."""
    rows: dict[str, dict[str, Row]] = {name: {} for name in TABLES}
    for service in services:
        rows["organization"].setdefault(service["organization"]["id"], service["organization"])
        rows["service"][service["id"]] = service
        for listed, name in _LISTS.items():
            for one in service.get(listed, []):
                rows[name][one["id"]] = {**one, "service_id": service["id"]}
        for at in service.get("service_at_locations", []):
            rows["location"][at["location"]["id"]] = at["location"]
            rows["service_at_location"][at["id"]] = {**at, "location_id": at["location"]["id"]}
    return {name: list(by_id.values()) for name, by_id in rows.items()}


def _csv(table: Table, rows: list[Row]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(table.columns)
    for row in rows:
        cells = (row.get(column) for column in table.columns)
        writer.writerow(["" if cell is None else marked(str(cell)) for cell in cells])
    return out.getvalue()


def _described() -> dict[str, Any]:
    return {
        "profile": "tabular-data-package",
        "name": "services",
        "title": "Services for people who return to Cambodia",
        "version": today().isoformat(),
        "resources": [_resource(name, table) for name, table in TABLES.items()],
    }


def _resource(name: str, table: Table) -> dict[str, Any]:
    fields = []
    for column, (kind, form) in table.columns.items():
        field: dict[str, Any] = {"name": column, "type": kind, "format": form}
        limits = {"required": True} if column in table.required else {}
        if column == "id":
            limits["unique"] = True
        fields.append({**field, "constraints": limits} if limits else field)
    foreign = [
        {"fields": column, "reference": {"resource": f"{target}s", "fields": "id"}}
        for column, target in table.foreign.items()
    ]
    return {
        "name": f"{name}s",
        "path": table.path,
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": {
            "fields": fields,
            "primaryKey": "id",
            **({"foreignKeys": foreign} if foreign else {}),
        },
    }


def _add(archive: zipfile.ZipFile, path: str, text: str) -> None:
    entry = zipfile.ZipInfo(path, _TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, text.encode())
