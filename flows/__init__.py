"""Prefect flows: they decide when; what is done stands in ``pvsignal.pipeline``.

Settings of Prefect that hold for every flow are set here, before Prefect is imported:
no analytics, and patience for the first start of its temporary server, which takes
about as long as Prefect's own default of 20 seconds allows.
"""

import os

os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")
