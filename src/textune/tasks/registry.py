"""The tasks by name."""

from textune.tasks.base import Task
from textune.tasks.single_label import SingleLabel

TASKS: dict[str, Task] = {task.name: task for task in (SingleLabel(),)}
