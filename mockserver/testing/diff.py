"""The difference between two worlds, in sentences."""

import json
import reprlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import is_
from typing import Any

Part = Mapping[str, Any]

_NOTHING: Part = {}
# How many contents of added or removed messages a sentence quotes.
_CONTENTS_SHOWN = 3
_short = reprlib.Repr()
_short.maxstring = _short.maxother = 60


def differences(before: Part, after: Part) -> list[str]:
    """What changed between two worlds, one sentence for each change, in the order of the worlds.

    Empty if the worlds are equal, including the order of workspaces. Long values are shortened. Parts that are the same
    object in both worlds are not compared: `Comparable` describes two states so.
    """
    return [
        *_parts("workspace", "", before["workspaces"], after["workspaces"], _workspace),
        *_purges(before.get("purges", []), after.get("purges", [])),
    ]


def _parts(
    kind: str, where: str, before: Part, after: Part, changes: Callable[[str, Part, Part], Iterable[str]]
) -> Iterable[str]:
    """The changes of parts of one kind. `before` and `after` map ids to parts. `changes` compares two versions of the
    same part.
    """
    for id_ in {**before, **after}:
        if before.get(id_) is after.get(id_):
            continue
        name = f"{kind} {id_!r}{where}"
        if id_ not in after:
            yield f"{name} is gone"
        elif id_ not in before:
            yield f"{name} was created{_with(after[id_])}"
        # Another creation time means that the id was purged and used again.
        elif before[id_]["created_at"] != after[id_]["created_at"]:
            yield f"{name} was created again{_with(after[id_])}"
        else:
            yield from changes(name, before[id_], after[id_])
    if list(before) != list(after) and [id_ for id_ in before if id_ in after] != [
        id_ for id_ in after if id_ in before
    ]:
        yield f"the order of {kind}s{where} changed"


def _with(part: Part) -> str:
    """What a new part contains, as the end of a sentence."""
    counts = [_count(len(part[name]), name[:-1]) for name in ("peers", "sessions", "messages") if name in part]
    parts = f", with {' and '.join(counts)}" if counts else ""
    return parts if part.get("is_active", True) else f"{parts}, and awaits its purge"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _workspace(name: str, before: Part, after: Part) -> Iterable[str]:
    yield from _own(name, before, after)
    for kind, changes in (("peer", _peer), ("session", _session), ("conclusion", _own)):
        yield from _parts(kind, f" of {name}", _by_id(before, f"{kind}s"), _by_id(after, f"{kind}s"), changes)
    yield from _work(name, before.get("work", ()), after.get("work", ()))
    yield from _parts("webhook", f" of {name}", _by_url(before), _by_url(after), _webhook)


def _own(name: str, before: Part, after: Part) -> Iterable[str]:
    """Changes of the fields of a part, without the changes of the parts inside it."""
    if before == after and not (before.get("metadata") or before.get("configuration")):
        return
    was, now = before.get("is_active", True), after.get("is_active", True)
    if was != now:
        yield f"{name} is active again" if now else f"{name} was deleted, and awaits its purge"
    for field in ("peer_id", "content", "metadata", "configuration", "token_count"):
        old, new = before.get(field, {}), after.get(field, {})
        if old != new or (old and isinstance(old, dict) and _as_text(old) != _as_text(new)):
            yield f"{field} of {name}: {_short.repr(old)} became {_short.repr(new)}"


def _peer(name: str, before: Part, after: Part) -> Iterable[str]:
    yield from _own(name, before, after)
    yield from _each("card", name, before.get("cards", _NOTHING), after.get("cards", _NOTHING))


def _each(kind: str, name: str, before: Part, after: Part) -> Iterable[str]:
    """The differences between two mappings of a part, such as its cards, key by key."""
    for key in {**before, **after}:
        if before.get(key) != after.get(key):
            old, new = (_short.repr(values[key]) if key in values else "none" for values in (before, after))
            yield f"{kind} {key!r} of {name}: {old} became {new}"


def _as_text(value: Part) -> str:
    """JSON, to compare values as a client sees them: 1, 1.0 and true are equal in Python, but differ in JSON."""
    return json.dumps(value, sort_keys=True)


def _session(name: str, before: Part, after: Part) -> Iterable[str]:
    yield from _own(name, before, after)
    yield from _each("summary", name, before.get("summaries", _NOTHING), after.get("summaries", _NOTHING))
    yield from _each("origin", name, _origin(before), _origin(after))
    yield from _members(name, before.get("peers", _NOTHING), after.get("peers", _NOTHING))
    yield from _messages(name, before.get("messages", ()), after.get("messages", ()))


def _messages(session: str, before: Sequence[Part], after: Sequence[Part]) -> Iterable[str]:
    if len(before) == len(after) and all(map(is_, before, after)):
        return
    old, new = ({message["id"]: message for message in messages} for messages in (before, after))
    added = [message for id_, message in new.items() if id_ not in old]
    if added:
        yield f"{_were(len(added), 'message')} added to {session}: {_contents(added)}"
    gone = [message for id_, message in old.items() if id_ not in new]
    if gone:
        yield f"{_were(len(gone), 'message')} removed from {session}: {_contents(gone)}"
    kept = {id_: message for id_, message in new.items() if id_ in old}
    yield from _parts("message", f" of {session}", {id_: old[id_] for id_ in old if id_ in new}, kept, _own)
    if list(new) != [*kept, *(message["id"] for message in added)]:
        yield f"messages were inserted before others of {session}"


def _origin(session: Part) -> Part:
    return {"cloned_from": session["cloned_from"]} if "cloned_from" in session else _NOTHING


def _members(session: str, before: Part, after: Part) -> Iterable[str]:
    for peer_id in {**before, **after}:
        name = f"peer {peer_id!r}"
        old, new = (members.get(peer_id, {"present": False}) for members in (before, after))
        was, now = (member is not None and member.get("present", True) for member in (old, new))
        if now and not was:
            shown = {setting: value for setting, value in (new or {}).items() if setting != "stays"}
            settings = f", with {_short.repr(shown)}" if shown else ""
            yield f"{name} joined {session}{settings}"
        elif was and not now:
            yield f"{name} left {session}"
        elif old != new or (peer_id in before) != (peer_id in after):
            texts = (_short.repr(members.get(peer_id)) for members in (before, after))
            yield f"settings of {name} in {session}: {' became '.join(texts)}"


def _purges(before: Iterable[Part], after: Iterable[Part]) -> Iterable[str]:
    """Changes of the order of purges and of their failed tries. Purges of only one of the worlds are left out, because
    the sentences about deleted parts cover them.
    """
    places = [{(purge["workspace"], purge.get("session")) for purge in purges} for purges in (before, after)]
    both = places[0] & places[1]
    old, new = (
        [_purge(purge) for purge in purges if (purge["workspace"], purge.get("session")) in both]
        for purges in (before, after)
    )
    if old != new:
        yield f"the waiting purges changed: {', '.join(old)} became {', '.join(new)}"


def _purge(purge: Part) -> str:
    of = f"session {purge['session']!r} of " if "session" in purge else ""
    tries = f" (tried {_count(purge['tries'], 'time')})" if "tries" in purge else ""
    return f"{of}workspace {purge['workspace']!r}{tries}"


_COUNTS = ("pending", "in_progress", "completed")


def _work(workspace: str, before: Iterable[Part], after: Iterable[Part]) -> Iterable[str]:
    """The queues whose units changed."""
    if before == after:
        return
    old, new = ({_queue(queue): _units(queue) for queue in queues} for queues in (before, after))
    for queue in {**old, **new}:
        was, now = (queues.get(queue, "none") for queues in (old, new))
        if was != now:
            yield f"the work on {queue} of {workspace}: {was} became {now}"


def _queue(queue: Part) -> str:
    if "session" in queue:
        return f"messages of peer {queue['observed']!r} in session {queue['session']!r}"
    kind = f"{queue['dream_type']} " if "dream_type" in queue else ""
    return f"{kind}dreams of peer {queue['observer']!r} about {queue['observed']!r}"


def _units(queue: Part) -> str:
    return ", ".join(f"{queue[name]} {name.replace('_', ' ')}" for name in _COUNTS if name in queue)


def _webhook(name: str, before: Part, after: Part) -> Iterable[str]:
    if before["id"] != after["id"]:
        yield f"id of {name}: {before['id']!r} became {after['id']!r}"


def _by_url(part: Part) -> dict[str, Part]:
    return {entry["url"]: entry for entry in part.get("webhooks", [])}


def _by_id(part: Part, name: str) -> dict[str, Part]:
    return {entry["id"]: entry for entry in part.get(name, [])}


def _were(number: int, noun: str) -> str:
    return f"{_count(number, noun)} {'was' if number == 1 else 'were'}"


def _contents(messages: list[Part]) -> str:
    contents = [_short.repr(message["content"]) for message in messages[:_CONTENTS_SHOWN]]
    return ", ".join(contents) + (", ..." if len(messages) > _CONTENTS_SHOWN else "")
