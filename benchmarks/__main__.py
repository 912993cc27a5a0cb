"""`python -m benchmarks COMMAND`, from the folder of params.yaml.

Nothing heavy is imported before a command needs it, so that `--help` answers at once.
"""

from benchmarks.commands import others, training
from benchmarks.commands.app import app
from textune import errors

__all__ = ["app", "others", "training"]

if __name__ == "__main__":
    errors.run(app)
