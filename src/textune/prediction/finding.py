"""Which runs predict: those of the recommended method, here or in another commit."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from textune.errors import FailedError, UserError
from textune.io import read_json

_MODELS, COMPARISON = Path("models"), Path("metrics/comparison.json")


class Place:
    """Where runs and metrics lie: the workspace.

    copies: a folder for copies of what does not lie in the workspace; None for the workspace.
    """

    copies: Path | None = None

    def local(self, path: Path) -> Path:
        """A path on this machine with the content of `path`; it is not there if `path` is not."""
        return path

    def without_weights(self, runs: Path) -> Path:
        """A folder on this machine with the runs of `runs`, <name>/<seed>; not all of each run."""
        return runs

    def names(self, folder: Path) -> list[str]:
        """What is in a folder; nothing if it is not there."""
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


class CommittedPlace(Place):
    """The same in a commit, branch, tag or experiment, through DVC's cache or a remote."""

    def __init__(self, revision: str, copies: Path, option: str) -> None:
        from dvc.api import DVCFileSystem
        from dvc.exceptions import DvcException, NotDvcRepoError
        from dvc.repo import Repo
        from dvc.scm import RevError, SCMError, resolve_rev

        self._revision, self.copies = revision, copies
        try:
            with Repo() as repo:
                commit = resolve_rev(repo.scm, revision)
                # The remotes of now, not those of then.
                config = {key: dict(repo.config[key]) for key in ("core", "remote")}
            self._files = DVCFileSystem(".", rev=commit, config=config)
        except NotDvcRepoError:
            raise UserError(
                "this is no repository of git and DVC, so it has no revisions"
            ) from None
        except (DvcException, RevError, SCMError):
            shallow = Path(".git/shallow").exists()
            missing = "; this clone is shallow: `git fetch --unshallow`" if shallow else ""
            raise UserError(
                f"{option} {revision} is no commit, branch, tag or experiment here; `git log` and"
                f" `dvc exp list --all-commits` show those there are{missing}"
            ) from None

    def local(self, path: Path) -> Path:
        # One of its own for each: a folder is copied into one that is there.
        return self._copied(path, Path(tempfile.mkdtemp(dir=self.copies), *path.parts))

    def without_weights(self, runs: Path) -> Path:
        folder = Path(tempfile.mkdtemp(dir=self.copies))
        for name in self.names(runs):
            for seed in self.names(runs / name):
                for part in ("run.json", "predictions"):
                    self._copied(runs / name / seed / part, folder / name / seed / part)
        return folder

    def _copied(self, path: Path, copy: Path) -> Path:
        copy.parent.mkdir(parents=True, exist_ok=True)
        with self._there(path):
            if self._files.exists(path.as_posix()):
                self._files.get(path.as_posix(), str(copy), recursive=True)
        return copy

    def names(self, folder: Path) -> list[str]:
        with self._there(folder):
            if not self._files.isdir(folder.as_posix()):
                return []
            return sorted(Path(p).name for p in self._files.ls(folder.as_posix(), detail=False))

    @contextlib.contextmanager
    def _there(self, path: Path) -> Iterator[None]:
        from dvc.exceptions import DvcException
        from dvc_data.index import DataIndexDirError

        try:
            yield
        except (DataIndexDirError, DvcException, OSError):
            raise FailedError(
                f"{path} of {self._revision} is neither in DVC's cache nor in a remote; run"
                " `dvc push` where it was made"
            ) from None


@contextlib.contextmanager
def place(revision: str | None, option: str = "--revision") -> Iterator[Place]:
    """The workspace, or for a while another commit. Raises `UserError` if there is none.

    option: where the user named it.
    """
    if revision == "":
        raise UserError(f"{option} is empty; name a commit, branch or tag")
    if revision is None:
        yield Place()
        return
    with tempfile.TemporaryDirectory(prefix="textune-revision-") as copies:
        yield CommittedPlace(revision, Path(copies), option)


def recommended(where: Place) -> str:
    """The method that the comparison recommends."""
    comparison = where.local(COMPARISON)
    if not comparison.is_file():
        raise UserError(
            f"{COMPARISON} is missing, which recommends a method; name one with --method, or run"
            " `dvc repro`"
        )
    name = read_json(comparison).get("recommendation", {}).get("method")
    if not isinstance(name, str):
        raise UserError(f"{COMPARISON} recommends no method; name one with --method")
    return name


def run_folders(where: Place, method: str, seed: int | None, all_seeds: bool) -> list[Path]:
    """The folders of a method's runs, on this machine: of one seed, the first one, or all.

    Raises `UserError` if there is none.
    """
    names = where.names(_MODELS)
    seeds = _seeds(where, method) if method in names else []
    if not seeds:
        methods = [name for name in names if _seeds(where, name)]
        known = f"those with models are {', '.join(methods)}" if methods else "there are no models"
        raise UserError(
            f"there is no model of {method!r}: {known}; `dvc pull` fetches them, `dvc repro` trains"
            " those that `methods` names"
        )
    if seed is not None and seed not in seeds:
        raise UserError(
            f"{method} has no model of seed {seed}; its seeds are {', '.join(map(str, seeds))}"
        )
    chosen = seeds if all_seeds else [seeds[0] if seed is None else seed]
    return [where.local(_MODELS / method / str(number)) for number in chosen]


def _seeds(where: Place, method: str) -> list[int]:
    """Those that the method was trained with."""
    folders = [name for name in where.names(_MODELS / method) if name.isdecimal()]
    return sorted(int(n) for n in folders if "run.json" in where.names(_MODELS / method / n))
