"""The directory as HSDS tables, held against the standard's own compiled schema."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from bot.database import Database
from bot.directory.hsds_package import export_package
from tests.directory.test_directory import SCHEMA, keep

Tables = dict[str, list[dict[str, str]]]
# The standard's table by the file's name; the service itself is the schema's root.
DEFINITIONS: dict[str, dict[str, Any]] = {
    definition["path"]: definition
    for definition in (SCHEMA, *SCHEMA["definitions"].values())
    if "path" in definition
}


@pytest.fixture
def package(database: Database) -> Iterator[tuple[dict[str, Any], Tables]]:
    with database.transaction() as session:
        keep(session)
        content = export_package(session, public=False)
        assert content == export_package(session, public=False)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        described = json.loads(archive.read("datapackage.json"))
        names = set(archive.namelist()) - {"datapackage.json"}
        assert names == {resource["path"] for resource in described["resources"]}
        tables = {n: list(csv.DictReader(io.StringIO(archive.read(n).decode()))) for n in names}
    yield described, tables


def flat(definition: dict[str, Any]) -> dict[str, Any]:
    """The schema of one row: what is a list or an object is a table of its own."""
    own = {
        name: field
        for name, field in definition["properties"].items()
        if field.get("type") in ("string", "number")
    }
    return {
        "type": "object",
        "properties": own,
        "required": definition["required"],
        "additionalProperties": False,
    }


def test_every_table_and_row_is_one_of_the_standard(package: tuple[dict[str, Any], Tables]) -> None:
    described, tables = package
    problems = []
    for resource in described["resources"]:
        validator = Draft202012Validator(flat(DEFINITIONS[resource["path"]]), format_checker=FormatChecker())
        types = {field["name"]: field["type"] for field in resource["schema"]["fields"]}
        for row in tables[resource["path"]]:
            assert list(row) == list(types)
            told = {n: float(v) if types[n] == "number" else v for n, v in row.items() if v}
            problems += [
                f"{resource['path']}: {e.json_path}: {e.message}" for e in validator.iter_errors(told)
            ]
    assert problems == []
    assert len(tables["services.csv"]) > 30 and len(tables["organizations.csv"]) > 10


def test_keys_are_unique_and_every_reference_leads_somewhere(package: tuple[dict[str, Any], Tables]) -> None:
    described, tables = package
    by_name = {resource["name"]: resource for resource in described["resources"]}
    for resource in described["resources"]:
        rows = tables[resource["path"]]
        assert len({row["id"] for row in rows}) == len(rows)
        for key in resource["schema"].get("foreignKeys", []):
            target = by_name[key["reference"]["resource"]]
            known = {row[key["reference"]["fields"]] for row in tables[target["path"]]}
            assert {row[key["fields"]] for row in rows} <= known
    linked = {row["link_id"] for row in tables["attributes.csv"]}
    assert linked <= {row["id"] for row in tables["services.csv"]}


def test_a_services_details_are_in_their_tables(package: tuple[dict[str, Any], Tables]) -> None:
    _, tables = package
    one = next(row for row in tables["services.csv"] if row["name"] == "Sewing school")
    assert (one["status"], one["assured_date"]) == ("active", "2026-11-01")
    (phone,) = [row for row in tables["phones.csv"] if row["service_id"] == one["id"]]
    assert phone["number"] == "012 345 678"
    assert {row["name"] for row in tables["service_areas.csv"] if row["service_id"] == one["id"]} == {"Takeo"}
    assert {row["amount"] for row in tables["cost_options.csv"] if row["service_id"] == one["id"]} == {"0"}


def test_the_public_package_holds_only_what_is_published(database: Database) -> None:
    with database.transaction() as session:
        keep(session, key="secret", published="no", name_en="Hidden house", referral_address="012 999 888")
        content = export_package(session)
        everything = export_package(session, public=False)

    def text(packed: bytes) -> str:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            return "".join(archive.read(name).decode() for name in archive.namelist())

    assert "Hidden house" in text(everything) and "Hidden house" not in text(content)
    assert "012 999" not in text(everything)
