"""Sends requests that a fake server has answered to a real server too, and compares the answers."""

import json
import re
from typing import Any

from ..domain.profile import Profile
from ..domain.workspaces import id_limit
from ..formats.keyring import Keyring
from .check import Outcome
from .described import answer_as_step, request_as_step
from .marks import MARK
from .matching import Bindings, ReceivedAnswer
from .open_renaming import OpenRenaming
from .placeholders import Placeholders, generated_ids, ids_in
from .purging import PurgeWatch
from .recordings import WORKSPACES, Json
from .sent import SentRequest
from .shapes import without_varying
from .tokens import signed_again
from .visit import Visit

# What may become other segments: a proxy in front of the server resolves dots, and a server decodes slashes.
_OTHER_SEGMENTS = re.compile(r"(?i)/(\.|%2e){0,2}(?=/|$)|%2f")

# A mirror keeps at most so many steps, with so many bytes of requests and answers. To find the quirks of a difference
# in a longer run would take seconds.
_MOST_STEPS = 1_000
_MOST_BYTES = 16 * 1024 * 1024


class Mirror:
    """Repeats the requests of one run on the server of a visit, in the order of the calls.

    The workspaces and sessions get other names there. What the fake server generated is replaced by what the real
    server generated in its place. The answer of the real server becomes a step as in a recording, and the answer of the
    fake server is compared with it.

    Arguments:
        prefix: It begins the ids of all workspaces and sessions. It begins with the prefix of the visit.
        keyring: The secret of both servers. Without it, the real server gets no tokens of clients.

    Attributes:
        ended: Why nothing is compared any more, or None.
        profile: The profile of the fake server.
        steps: All steps so far, as in a recording, if `has_all_steps`.
    """

    def __init__(self, visit: Visit, prefix: str, profile: Profile, keyring: Keyring | None = None) -> None:
        self.ended: str | None = None
        self.profile = profile
        self.steps: list[Json] = []
        self.has_all_steps = True
        self._visit = visit
        self._keyring = keyring
        self._renaming = OpenRenaming(prefix, id_limit(profile))
        self._real = Placeholders()
        self._fake = Bindings()
        watched = f"{visit.prefix}-{prefix.removeprefix(visit.prefix)}"
        self._watch = PurgeWatch(visit.client, watched)
        self._watched = watched
        self._deleted = self._waiting_purges = self._bytes = 0
        # Ids that the fake server generated, and that stand for none of the real server because the answers differed.
        self._unmatched: set[str] = set()

    @property
    def size(self) -> int:
        """About how many ids and times it remembers."""
        return self._real.size + len(self._unmatched) + self._renaming.size

    def compare(self, request: SentRequest, answer: ReceivedAnswer, waiting_purges: int) -> Outcome:
        """Repeat a request, and compare the answer that the fake server gave to it. Raises NoAnswer.

        Arguments:
            waiting_purges: How many purges waited in the fake server after the request.
        """
        sent = request_as_step(request)
        marked = self._marked(sent)
        reason = _unfit(request, sent)
        if reason is None and not self._unmatched.isdisjoint(ids_in(marked)):
            reason = "needs an id that the real server did not return"
        if reason is not None:
            return Outcome({"request": sent}, [], reason)
        received = self._received(request, marked, is_accepted=answer.status < 300)
        self._deleted += request.method == "DELETE" and waiting_purges > self._waiting_purges
        self._waiting_purges = waiting_purges
        self._real.saw_request(marked)
        received, more = without_varying(marked, received, self._real.workspaces)
        step = {"request": marked, "response": self._real.in_answer(received), **more}
        self._keep(self._with_token(request, step), len(request.body) + len(answer.body))
        differences = self._fake.differences(step, answer)
        if differences:
            self._unmatched |= self._generated(answer)
        if differences and self._is_purged_by_one(marked):
            return Outcome(step, [], "one server has purged what the other still has")
        return Outcome(step, differences)

    def _with_token(self, request: SentRequest, step: Json) -> Json:
        """The step, with the token of the client if both servers have the same secret."""
        token = request.header("authorization")
        if self._keyring is None or token is None:
            return step
        headers = {**step["request"].get("headers", {}), "Authorization": token}
        return {**step, "request": {**step["request"], "headers": headers}}

    def _is_purged_by_one(self, request: Json) -> bool:
        """Whether the servers differ in what they have purged. Each purges in its own time."""
        if not self._deleted:
            return False
        has_real_all = self._watch.wait(0)
        has_real_some = has_real_all or self._watch.came_early(request)
        has_fake_all, has_fake_some = not self._waiting_purges, self._waiting_purges < self._deleted
        if has_real_all and has_fake_all:
            self._deleted = 0
        return (has_real_all, has_real_some) != (has_fake_all, has_fake_some)

    def create(self, request: SentRequest) -> bool:
        """Repeat a request whose effect the fake server has already. Returns whether it succeeded. Raises NoAnswer."""
        sent = request_as_step(request)
        received = self._received(request, sent, is_accepted=True)
        self._real.saw_request(sent)
        step = {"request": sent, "response": self._real.in_answer(received)}
        self._keep(self._with_token(request, step), len(request.body))
        return bool(received["status"] < 300)

    def _keep(self, step: Json, size: int) -> None:
        """Remember a step. After too many, or too large ones, the steps are of no use, and are dropped."""
        self._bytes += size
        self.has_all_steps = self.has_all_steps and len(self.steps) < _MOST_STEPS and self._bytes <= _MOST_BYTES
        if self.has_all_steps:
            self.steps.append(step)
        else:
            self.steps.clear()

    def _marked(self, sent: Json) -> Json:
        """The request with placeholders."""
        marked: dict[str, Any] = self._fake.marks.marked(sent)
        body = marked.get("json")
        if isinstance(body, dict) and "filters" in body:
            marked["json"] = {**body, "filters": self._fake.marks.marked(body["filters"], in_any_zone=True)}
        return marked

    def _generated(self, answer: ReceivedAnswer) -> set[str]:
        """The ids in an answer of the fake server that it generated, and that stand for none of the real server."""
        return {
            id_
            for id_ in generated_ids(answer.document())
            if not self._fake.marks.has_value(id_) and not self._real.was_sent(id_)
        }

    def _received(self, request: SentRequest, marked: Json, *, is_accepted: bool) -> Json:
        """The answer of the real server as a step, in the names of the client."""
        renamed = self._real.marks.filled(self._renaming.request(marked, is_accepted=is_accepted))
        if self._keyring is not None:
            renamed = self._with_token(request, {"request": renamed})["request"]
            names = (self._renaming.workspace, self._renaming.session)
            renamed = signed_again(renamed, self._keyring, self._keyring, *names)
        workspaces = self._renaming.workspaces_in(renamed)
        answer = self._visit.send(renamed, workspaces, with_token=self._keyring is None)
        if request.method == "DELETE" and answer.status == 202:
            self._visit.created[self._watched] = None
            self._watch.saw_deletion(renamed["path"])
        return self._renaming.original(answer_as_step(answer))


def _unfit(request: SentRequest, sent: Json) -> str | None:
    """The reason why the real server does not get a request, or None."""
    path = request.path.rstrip("/")
    segments = path.split("/")
    is_of_api = path in ("/health", WORKSPACES) or path.startswith(f"{WORKSPACES}/")
    if path == "/v3/keys" or segments[4:5] == ["webhooks"]:
        return "webhooks and keys are not for the real server"
    if not is_of_api or _OTHER_SEGMENTS.search(path):
        return "not an operation of the API"
    if path == WORKSPACES and request.body and "json" not in sent:
        return "the id of the workspace is not readable"
    if MARK.search(json.dumps(sent, ensure_ascii=False)):
        return "has a text that looks like a placeholder"
    return None
