"""Give the rehearsal plane what a push to GitHub would give AWS."""

from __future__ import annotations

from delivery.cli.wiring import Tools
from delivery.errors import BadInput
from delivery.model import Push, WorkTree


def push_branch(tools: Tools, branch: str) -> Push:
    """Push the branch as it is here; a detached HEAD stands for it.

    Raises:
        BadInput: without a commit, or without such a branch.
    """
    tree = work_tree(tools)
    if tree.dirty:
        tools.screen.warn("Uncommitted changes are not rehearsed; only commits are.")
    if tree.branch and not tools.repository.has_branch(branch):
        raise BadInput(
            f"There is no branch {branch} in {tree.root}.",
            why=f"The work tree is on {tree.branch}.",
            next_step=f"Give --branch {tree.branch}, or git branch {branch}.",
        )
    detached_at = "" if tree.branch else tree.commit
    push = tools.plane.push(tree.root, branch, commit=detached_at)
    tools.screen.say(f"The plane's source has {branch} at {push.commit[:8]}.")
    return push


def push_if_newer(tools: Tools, branch: str) -> Push | None:
    """Push the branch unless the plane's source holds the work tree's commit already."""
    if tools.plane.contains(branch, work_tree(tools).commit):
        return None
    return push_branch(tools, branch)


def work_tree(tools: Tools) -> WorkTree:
    """Return where the repository stands.

    Raises:
        BadInput: when there is no repository, or no commit in it.
    """
    tree = tools.repository.work_tree()
    if tree is None:
        raise BadInput(
            f"{tools.root} is not a git repository with a commit.",
            why="The rehearsal releases commits.",
            next_step="git init, git add and git commit; then run it again.",
        )
    return tree
