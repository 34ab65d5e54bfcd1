"""How to write a client: the words of the document, with the figures that the code has."""

from api.gateway.looks import SAFETY_SECONDS
from api.gateway.outbox import MAX_BYTES
from api.gateway.socket import AUTH_SECONDS, MAX_TOPICS
from schema.wire.frames import CLOSES, MAX_FRAME_BYTES

_CLOSES = "\n".join(f"- `{code}` {close.meaning}" for code, close in sorted(CLOSES.items()))

GUIDE = f"""\
Every transition of your generations, pushed the moment it is committed. Submit and read over HTTP: `/openapi.json`.

All frames are JSON text, one object each, with a `type`. A client's frame has at most {MAX_FRAME_BYTES:,} characters.
Fields and types may be added: pass over what you do not know. The server sends pings, which every websocket library
answers by itself; let yours send its own, so that you notice a dead line.

## Open a socket

`GET /v1/ws`, with an API key or a user's JWT in one of three ways:

1. the header `Authorization: Bearer <key>`;
2. `?access_token=<key>`, where headers cannot be set, as in a browser;
3. the first frame, `{{"type":"auth","token":"<key>"}}`, within {AUTH_SECONDS:.0f} seconds.

A key that is let in is not confirmed: subscribe at once. One that is not gets an `error` frame and close code 4401. A
page whose origin is not allowed is refused with 403 before the socket opens. A socket ends when its token expires or
its key is revoked; an `auth` frame with a fresher token of the same person lets it go on.

## Follow

`{{"type":"subscribe","ref":"1","topic":"<topic>","after":null}}`, for up to {MAX_TOPICS} topics on one socket.
Subscribing to a topic again begins it again; `unsubscribe` ends it, and is answered by `unsubscribed`.

| topic | what comes | `after` |
|---|---|---|
| `generation:<id>` | its transitions from the first one on, also long after its end; its progress | version |
| `generations` | the same of all that are yours (everybody's for a service key), at first the unfinished | cursor |
| `batch:<id>` | the same of one batch, and its counts | cursor |
| `queue` | how the queue stands, at once and then again and again | null |

The answer is `subscribed` with your `ref`, or `error`; then comes the stream. Each `transition` of a generation comes
once, in the order of its `version`. Its `status` is the one that was reached then; `generation` is how it stands now.

- `pending`: accepted, and not due yet: scheduled for later, or waiting before another try.
- `queued`: waits for a free slot at the provider.
- `processing`: the provider works, or is just being asked to.
- `downloading`: the pictures are on their way into the store.
- `completed`, `failed`, `cancelled`: the end, unless somebody tries a failed or cancelled one again.

`progress`, `batch` and `queue` frames tell how things stand. The latest one wins and any of them may be left out, so
there is nothing in them to resume. Count `eta_seconds` down yourself: progress is sent again only when it tells more.

## Come back

Connections drop, and servers are restarted; one that is about to stop, or full, refuses the handshake with 503. Wait
before each try: a random time up to 0.25 s, doubled with every try up to 10 s. Then subscribe again, with the last
`cursor` of each topic as `after`. A null one does not count: on a feed the first snapshot has none until its last
frame, so whoever is cut off before begins anew.

- `resumed: true`: it goes on after the cursor. That of a feed is up to {SAFETY_SECONDS:.0f} s behind what was sent
  (more, while a transaction in the database stays open), so some transitions come once more: pass over those whose
  `version` is not above the last one that you have of that `id`.
- `resumed: false`: it begins anew, because there was no cursor, it was too old, too much was missed, or the database
  was restored. Forget what you know; a snapshot follows.

## When the server closes

{_CLOSES}

Any other code, and a line that breaks off, mean: come back.
A client that does not read has {MAX_BYTES // 2**20} MB waiting for it, and then gets 4408.

Apps that speak Supabase's Realtime protocol do so at `/realtime/v1/websocket`, which the same gateway feeds; their
client describes it.
"""
"""The document's description, in CommonMark."""
