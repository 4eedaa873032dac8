"""gunicorn: one process with threads; more processes on more cores by WEB_CONCURRENCY."""

import os

wsgi_app = "web:create_app()"
bind = f"{os.environ.get('PHLOV_BIND', '127.0.0.1')}:{os.environ.get('PORT') or '8000'}"
worker_class = "gthread"
# The simulator keeps its phones in memory, so one process unless told otherwise.
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
threads = 16
timeout = 30
graceful_timeout = 10
keepalive = 15
# Addresses of requests hold nothing of anyone, yet who asks for which page when is nobody's business.
accesslog = None
errorlog = "-"
loglevel = "warning"
limit_request_line = 4094
