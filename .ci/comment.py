"""Keep one comment on a pull request: the review in the folder that is named.

Usage: python3 .ci/comment.py FOLDER, with comment.md and review.json of `textune review`. The
environment says which repository, which head and by whose right: GITHUB_API_URL,
GITHUB_REPOSITORY, GITHUB_TOKEN, HEAD_OWNER, HEAD_BRANCH, HEAD_SHA, RUN_URL. The folder is of a pull
request, which may be anybody's: nothing in it is run, or decides where the comment goes, and what
it says mentions nobody, links nowhere and shows no picture.
"""

import json
import os
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

MARKER = "<!-- textune review -->"
_LONGEST = 64_000  # GitHub takes 65,536 with what stands around it
_PAGE = 100
# A space of no width, which breaks up what GitHub would act on.
_NO_SPACE = "\u200b"


def main(folder: Path) -> None:
    """Write, change or remove the comment."""
    number = pull_request()
    if number is None:
        print("there is no open pull request of this head any more")
        return
    earlier = comment_of(number)
    body, differs = review_in(folder)
    if not differs:
        if earlier is not None:
            call("DELETE", f"issues/comments/{earlier}")
        print("nothing differs")
        return
    commit, run = os.environ["HEAD_SHA"][:12], os.environ["RUN_URL"]
    body = f"{MARKER}\n{body}\n\nMade by the code of {commit}, with pictures in {run}"
    if earlier is None:
        call("POST", f"issues/{number}/comments", {"body": body})
    else:
        call("PATCH", f"issues/comments/{earlier}", {"body": body})
    print(f"the review is in pull request {number}")


def review_in(folder: Path) -> tuple[str, bool]:
    """What the folder says, without the marker, and whether anything differs."""
    try:
        body = (folder / "comment.md").read_text(encoding="utf-8")
        differs = json.loads((folder / "review.json").read_text(encoding="utf-8"))["differs"]
    except FileNotFoundError:
        return "No review could be made of this commit.", True
    if not body.startswith(MARKER):
        sys.exit(f"{folder}/comment.md is no review of textune")
    body = harmless(body.removeprefix(MARKER).strip())
    if len(body) > _LONGEST:
        body = body[:_LONGEST] + "\n\n(cut; the whole is in the job's summary)"
    return body, bool(differs)


def harmless(markdown: str) -> str:
    """Without mentions, links, pictures and HTML but that which folds."""
    text = re.sub(r"<(?!/?(details|summary)>)", "&lt;", markdown)
    text = re.sub(r"(?<!\\)\]", r"\\]", text)
    for mark in ("@", "://", "www."):
        text = text.replace(mark, mark[0] + _NO_SPACE + mark[1:])
    return text


def pull_request() -> int | None:
    """The number of the open one whose head this is."""
    head = f"{os.environ['HEAD_OWNER']}:{os.environ['HEAD_BRANCH']}"
    found = call("GET", f"pulls?{urlencode({'state': 'open', 'head': head})}")
    numbers = [one["number"] for one in found if one["head"]["sha"] == os.environ["HEAD_SHA"]]
    return numbers[0] if numbers else None


def comment_of(number: int) -> int | None:
    """The id of the comment that an earlier run wrote."""
    page = 1
    while True:
        found = call("GET", f"issues/{number}/comments?per_page={_PAGE}&page={page}")
        for one in found:
            if one["user"]["type"] == "Bot" and one["body"].startswith(MARKER):
                return int(one["id"])
        if len(found) < _PAGE:
            return None
        page += 1


def call(method: str, path: str, content: dict[str, str] | None = None) -> Any:
    """What GitHub answers about the repository."""
    address = f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}/{path}"
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    data = None if content is None else json.dumps(content).encode()
    with urlopen(Request(address, data, headers, method=method)) as answer:
        text = answer.read()
    return json.loads(text) if text else None


if __name__ == "__main__":
    main(Path(sys.argv[1]))
