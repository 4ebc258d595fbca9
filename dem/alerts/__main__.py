"""Send a trial message to every configured target: ``python -m dem.alerts [--home NAME …]``."""

import argparse
import sys
from datetime import UTC, datetime

from dem.alerts import ConfigurationError, Event, OutboxError, from_environment

_PATIENCE_S = 10.0


def main() -> None:
    """Publish a trial event and say whether everybody got it; exit status 1 if not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", nargs="*", default=[], help="homes that get the trial, too")
    homes = tuple(parser.parse_args().home)
    try:
        with from_environment() as alerts:
            alerts.publish(Event("trial of the alerts", "this machine", datetime.now(UTC), homes, severity="info"))
            complete = alerts.wait(_PATIENCE_S)
            table = alerts.outbox.table()
    except (ConfigurationError, OutboxError) as error:
        sys.exit(str(error))
    waiting = table[table["delivered_at"].isna()]
    if not complete:
        sys.exit(
            f"not delivered yet:\n{waiting[['target', 'recipient', 'attempts', 'last_error']].to_string(index=False)}"
        )


if __name__ == "__main__":
    main()
