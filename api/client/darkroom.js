// @ts-check
/**
 * Darkroom's client for browsers, Node (22 or newer) and React Native. One file, no dependencies.
 *
 *     const darkroom = new Darkroom({ url: "http://localhost:8000", token: key });
 *     const { id } = await darkroom.submit({ prompt: "a lighthouse at dusk" });
 *     for await (const { status } of darkroom.watch(id)) console.log(status);
 *
 * @typedef {"pending"|"queued"|"processing"|"downloading"|"completed"|"failed"|"cancelled"} Status
 * @typedef {{v: number, status: Status, at: string, attempt: number, why?: string}} TimelineEntry
 * @typedef {{idx: number, url: string, width: number, height: number, format: string, file_size: number}} Image
 * @typedef {{id: string, status: Status, version: number, prompt: string, error_message: string|null,
 *   timeline: TimelineEntry[], images: Image[]} & Record<string, unknown>} Generation The row as it stands now.
 * @typedef {{id: string, status: Status, version: number, at: string, generation: Generation,
 *   cursor: string|number|null}} Transition A status that was reached; `cursor`, given as `after`, goes on behind it.
 * @typedef {{id: string, progress: number|null, position: number|null, eta_seconds: number|null,
 *   eta_error_seconds: number|null}} Progress How far it is; the latest one wins, and any may be missing.
 * @typedef {{counts: Record<Status, number>, lanes: object[]} & Record<string, unknown>} Queue
 * @typedef {{field: string, message: string}} FieldError
 * @typedef {AsyncGenerator<Transition, void, undefined>} Transitions
 *
 * @typedef {{signal?: AbortSignal, onSubscribed?: () => void, onDropped?: (why: string) => void}} Following
 *   The signal ends the iteration with its reason. `onSubscribed`: whatever moves from now on comes. `onDropped`: the
 *   connection is lost and is being made again, until `onSubscribed`. Callbacks are called at once, ahead of what waits
 *   to be read; one that throws ends the iteration.
 * @typedef {{onProgress?: (progress: Progress) => void, onReset?: () => void}} FollowingTransitions
 *   `onReset`: it could not be resumed; what came before may have gaps, a snapshot follows.
 * @typedef {Following & FollowingTransitions & {onCounts?: (counts: Record<Status, number>) => void}} Callbacks
 * @typedef {{url: string, getToken: () => Promise<string>, renews: boolean, WebSocket: typeof WebSocket,
 *   fetch: typeof fetch, idleSeconds: number, answerSeconds: number, maxWaiting: number, lines: Set<Line>,
 *   get: Darkroom["get"]}} Config
 */

const FINAL = new Set(["completed", "failed", "cancelled"]);
const MAX_TOPICS = 100; // on one socket, as the server has it
const REMEMBERED = 10_000; // generations whose last version a feed knows
const TRIES = 5; // in all, of an HTTP request that does nothing twice
const PATIENCE = 60; // seconds: for an HTTP answer, if no signal is given, and for what Retry-After says
const FIRST_PAUSE = 0.25; // seconds, at most
const LONGEST_PAUSE = 10;
/** HTTP statuses of a server in trouble, which may take the same request later. */
const PASSING = new Set([429, 500, 502, 503, 504]);
/** A topic that nobody follows. */
const NOTHING = "generation:00000000-0000-0000-0000-000000000000";
const CLOSE_AUTH = 4401;
/** Close codes after which it goes on, and the try at which the backoff then is: a crowd must not return as one.
 * @type {Record<number, number>} */
const RESUMABLE = { 1012: 2, 4408: 3, 4429: 6 };
/** Close codes of a disagreement that another connection would only repeat. */
const BROKEN_PROTOCOL = new Set([1002, 1003, 1007, 1008, 1009, 1010]);

/** The server refuses, and says why: a problem document (RFC 9457). */
export class Problem extends Error {
  /** @param {{status: number, title?: string, detail?: string, type?: string, errors?: FieldError[]}} document with
   * HTTP's status, also when it came over the websocket @param {number} [retryAfter] seconds */
  constructor({ status, title = `HTTP ${status}`, detail, type = "about:blank", errors = [] }, retryAfter = 0) {
    super(detail ? `${title}: ${detail}` : title);
    this.name = "Problem";
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.type = type;
    this.errors = errors;
    this.retryAfter = retryAfter;
  }
}

/** Pauses that double in length and are drawn at random from nothing to that length: no stampede meets a restart. */
class Backoff {
  tries = 0;

  /** Seconds to wait now. @param {number} [tries] to begin with, when it has not come so far */
  pause(tries = 0) {
    this.tries = Math.max(this.tries, tries) + 1;
    return Math.random() * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (this.tries - 1));
  }
}

/** One topic that is followed, over as many connections as it takes, and what came and was not read yet. */
class Subscription {
  /** @type {Line|undefined} */ line;
  /** @type {ReturnType<typeof setTimeout>|undefined} */ timer;
  backoff = new Backoff();
  ref = ""; // of the last subscribe frame
  subscribed = false; // whether it was confirmed: what an older one still brings is not for us
  /** @type {any[]} */ #waiting = [];
  #wake = () => {};
  /** @type {{error?: unknown}|undefined} set when nothing more comes */ #over;
  /** @type {Map<string, number>} the last version that came, by generation */ #seen = new Map();

  /** @param {Config} config @param {string} topic @param {string|number|null} after the cursor to go on behind
   * @param {Callbacks} on @param {string} [id] the generation, if it is about one: then there is a last transition */
  constructor(config, topic, after, on, id) {
    // The server does not read such a frame, so it could not say whom it refuses.
    if (topic.length > 100) throw new TypeError(`id: ${id ?? topic} is none`);
    this.config = config;
    this.topic = topic;
    this.start = this.after = after;
    this.on = on;
    this.id = id;
    if (id && typeof after === "number") this.#seen.set(id, after);
  }
  /** Follows while it is read. @returns {AsyncGenerator<any, void, undefined>} */
  async *read() {
    const { signal } = this.on;
    const abort = () => this.end({ error: reasonOf(signal) }, true);
    signal?.addEventListener("abort", abort);
    try {
      if (signal?.aborted) abort();
      for (;;) {
        while (this.#waiting.length) yield this.#waiting.shift();
        if (this.#over && "error" in this.#over) throw this.#over.error;
        if (this.#over) return;
        if (!this.line) this.#join();
        await new Promise((resolve) => (this.#wake = () => resolve(undefined)));
      }
    } finally {
      signal?.removeEventListener("abort", abort);
      this.end({});
    }
  }
  /** On a socket that has room for it. A topic that is followed twice needs two. */
  #join() {
    const free = [...this.config.lines].find(({ topics }) => topics.size < MAX_TOPICS && !topics.has(this.topic));
    (free ?? new Line(this.config)).join(this);
  }
  /** Nothing more comes. @param {{error?: unknown}} over @param {boolean} [now] without what has come */
  end(over, now) {
    this.#over ??= over;
    if (now) this.#waiting = [];
    this.line?.leave(this);
    this.#wake();
  }
  /** @param {any} frame */
  hear({ type, topic, ...frame }) {
    if (type === "subscribed" && frame.ref === this.ref) this.#confirmed(frame);
    if (!this.subscribed) return;
    if (type === "transition") this.#moved(frame);
    if (type === "progress") this.#tell(this.on.onProgress, frame);
    if (type === "batch") this.#tell(this.on.onCounts, frame.counts);
    if (type === "queue") this.#waiting = [frame]; // the latest wins
    this.#wake();
  }
  /** @param {string} why */
  dropped(why) {
    this.subscribed = false;
    this.#tell(this.on.onDropped, why);
  }
  /** @param {any} frame */
  #confirmed(frame) {
    this.subscribed = true;
    this.backoff.tries = 0;
    this.#tell(this.on.onSubscribed, undefined);
    if (!frame.resumed && (this.after !== null || this.#seen.size)) {
      // Another database, or too much was missed: what was seen says nothing about what comes.
      this.#seen.clear();
      this.after = null;
      this.#tell(this.on.onReset, undefined);
    }
    this.after = frame.cursor ?? this.after;
    if (this.id && this.start && this.#seen.get(this.id) === this.start) this.#endIfOver(this.id, this.ref);
  }
  /** @param {any} transition */
  #moved({ id, status, version, at, generation, cursor }) {
    this.after = cursor ?? this.after; // none comes while a cut would mean to begin anew
    if (version > (this.#seen.get(id) ?? 0)) {
      this.#seen.delete(id); // to the end of the order in which they are forgotten
      this.#seen.set(id, version);
      if (this.#seen.size > REMEMBERED) this.#seen.delete(this.#seen.keys().next().value ?? "");
      this.#waiting.push({ id, status, version, at, generation, cursor: this.after });
    }
    if (this.id && FINAL.has(status) && generation.version <= version) return this.end({});
    if (this.#waiting.length < this.config.maxWaiting) return;
    // Who reads slowly holds up nobody else on the socket: it leaves, and comes back when everything is read.
    this.line?.leave(this);
    this.dropped(`${this.#waiting.length} transitions wait to be read`);
  }
  /** Above the last version of one that is over nothing would ever come. @param {string} id @param {string} ref */
  async #endIfOver(id, ref) {
    try {
      const { status, version } = await this.config.get(id, this.on);
      if (FINAL.has(status) && version <= (this.#seen.get(id) ?? 0)) this.end({});
    } catch (error) {
      if (error instanceof Problem && !PASSING.has(error.status)) this.end({ error });
      else if (this.ref === ref) this.line?.askLater(this, String(error));
    }
  }
  /** @param {((argument: any) => void)|undefined} callback @param {unknown} argument */
  #tell(callback, argument) {
    try {
      callback?.(argument);
    } catch (error) {
      this.end({ error });
    }
  }
}

/** One websocket, made again whenever it is lost, and the subscriptions that share it. */
class Line {
  /** @type {Map<string, Subscription>} */ topics = new Map();
  /** @type {Config} */ #config;
  /** @type {WebSocket|undefined} */ #socket;
  /** @type {ReturnType<typeof setTimeout>|undefined} of what is waited for: pause, answer or silence */ #timer;
  /** @type {{token: string, problem: Problem}|undefined} */ #refused;
  /** @type {Problem|undefined} what the server said about the connection before it closed it */ #said;
  #backoff = new Backoff();
  #probing = false;
  #heard = 0; // when a frame came, in milliseconds
  #refs = 0;
  #attempts = 0;
  #online = () => (this.#socket?.readyState === 1 ? this.#probe() : this.#connect());

  /** @param {Config} config */
  constructor(config) {
    this.#config = config;
    config.lines.add(this);
    globalThis.addEventListener?.("online", this.#online);
    this.#connect();
  }
  /** @param {Subscription} subscription */
  join(subscription) {
    subscription.line = this;
    this.topics.set(subscription.topic, subscription);
    this.#ask(subscription);
  }
  /** @param {Subscription} subscription */
  leave(subscription) {
    clearTimeout(subscription.timer);
    subscription.line = undefined;
    this.topics.delete(subscription.topic);
    if (this.topics.size) return this.#send({ type: "unsubscribe", topic: subscription.topic });
    globalThis.removeEventListener?.("online", this.#online);
    this.#config.lines.delete(this);
    this.#letGo();
  }
  /** It is with this one alone that the server is in trouble. @param {Subscription} subscription @param {string} why */
  askLater(subscription, why) {
    const { ref, backoff } = subscription;
    const again = () => subscription.ref === ref && this.#ask(subscription);
    clearTimeout(subscription.timer);
    subscription.timer = setTimeout(again, backoff.pause() * 1000);
    subscription.dropped(why);
  }
  async #connect() {
    this.#letGo();
    const attempt = this.#attempts;
    let token = "";
    try {
      token = await this.#config.getToken();
      if (attempt !== this.#attempts) return; // this one was given up meanwhile
      if (token === this.#refused?.token) throw this.#refused.problem;
      const socket = new this.#config.WebSocket(`${this.#config.url.replace(/^http/i, "ws")}/v1/ws`);
      socket.onopen = () => this.#begin(token);
      socket.onmessage = ({ data }) => this.#hear(data);
      socket.onclose = ({ code, reason }) => this.#closed(code, reason, token);
      this.#socket = socket;
      this.#wait(this.#config.answerSeconds, () => this.#drop("the server does not answer"));
    } catch (error) {
      if (attempt !== this.#attempts) return;
      // There is no token just now. But a Problem is a last word, and so is a browser's that opens no such socket.
      if (token || error instanceof Problem) this.#fail(error);
      else this.#drop(String(error));
    }
  }
  /** @param {string} token */
  #begin(token) {
    this.#heard = Date.now();
    this.#send({ type: "auth", token });
    for (const subscription of this.topics.values()) this.#ask(subscription);
    this.#listen();
  }
  /** @param {Subscription} subscription */
  #ask(subscription) {
    const { topic, after } = subscription;
    const ref = (subscription.ref = String(++this.#refs));
    subscription.subscribed = false;
    this.#send({ type: "subscribe", ref, topic, after });
  }
  /** @param {string} data */
  #hear(data) {
    this.#heard = Date.now();
    this.#probing = false;
    try {
      this.#take(JSON.parse(data));
    } catch (error) {
      this.#fail(new Problem({ status: 502, title: "What answers is not Darkroom", detail: String(error) }));
    }
  }
  /** @param {any} frame */
  #take(frame) {
    if (frame.type === "error") {
      const asker = [...this.topics.values()].find(({ ref }) => ref === frame.ref);
      const problem = new Problem({ status: 500, ...frame.problem });
      if (!frame.ref) this.#said = problem;
      else if (asker && PASSING.has(problem.status)) this.askLater(asker, problem.message);
      else asker?.end({ error: problem });
      return;
    }
    this.#refused = this.#said = undefined;
    if (frame.type === "subscribed") this.#backoff.tries = 0;
    this.topics.get(frame.topic)?.hear(frame);
  }
  /** @param {number} code @param {string} reason @param {string} token */
  #closed(code, reason, token) {
    const [words, tries] = [`The connection was closed with code ${code}`, RESUMABLE[code]];
    const status = code >= 4400 && code < 4600 ? code - 4000 : BROKEN_PROTOCOL.has(code) ? 500 : 0;
    if (tries || !status) return this.#drop(this.#said?.message ?? (reason || words), tries);
    const problem = this.#said ?? new Problem({ status, title: words, detail: reason || undefined });
    if (code !== CLOSE_AUTH || !this.#config.renews || this.#refused) return this.#fail(problem);
    this.#refused = { token, problem };
    this.#drop(problem.message);
  }
  /** @param {string} why @param {number} [tries] */
  #drop(why, tries) {
    this.#letGo();
    this.#wait(this.#backoff.pause(tries), () => this.#connect());
    for (const subscription of [...this.topics.values()]) subscription.dropped(why);
  }
  /** @param {unknown} error */
  #fail(error) {
    for (const subscription of [...this.topics.values()]) subscription.end({ error });
  }
  /** Hear nothing more from the socket there is. Its close is not waited for: half open, it would take minutes. */
  #letGo() {
    this.#attempts++;
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = this.#said = undefined;
    this.#probing = false;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
  /** A page can neither ping nor see pings: after a silence it says something that has to be answered. */
  #listen() {
    const quiet = Math.abs(Date.now() - this.#heard) / 1000; // also when the clock was set back
    if (this.#probing) this.#drop("the connection is dead: nothing comes");
    else if (quiet >= this.#config.idleSeconds) this.#probe();
    else this.#wait(this.#config.idleSeconds - quiet, () => this.#listen());
  }
  #probe() {
    this.#probing = true;
    this.#send({ type: "unsubscribe", topic: NOTHING });
    this.#wait(this.#config.answerSeconds, () => this.#listen());
  }
  /** @param {number} seconds @param {() => void} then */
  #wait(seconds, then) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, seconds * 1000);
  }
  /** Nothing happens while there is no connection: it begins by asking for everything. @param {object} frame */
  #send(frame) {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(frame));
  }
}

/** Darkroom over the network. Every method rejects with a Problem when the server refuses. */
export class Darkroom {
  /** @type {Config} */ #config;

  /** @param {object} options
   * @param {string} options.url The server's address: `https://darkroom.example.com`.
   * @param {string} [options.token] An API key, or a JWT that lives as long as this object.
   * @param {() => string|Promise<string>} [options.getToken] Asked before each request and each connection, because
   *   JWTs expire. When it throws, the connection is tried again later; but a Problem that it throws is final.
   * @param {typeof globalThis.WebSocket} [options.WebSocket] @param {typeof globalThis.fetch} [options.fetch]
   * @param {number} [options.idleSeconds] After such a silence a connection is asked for a sign of life.
   * @param {number} [options.answerSeconds] How long that may take, or a handshake.
   * @param {number} [options.maxWaiting] How many transitions may wait to be read in one iteration. */
  constructor({ url, token, getToken, idleSeconds = 45, answerSeconds = 10, maxWaiting = 10_000, ...given }) {
    const { WebSocket = globalThis.WebSocket, fetch = globalThis.fetch } = given;
    if (!/^https?:\/\/[^/]/i.test(url)) throw new TypeError(`url: ${url} is no http:// or https:// address`);
    if (!token && !getToken) throw new TypeError("token: one is needed, or getToken");
    this.#config = {
      ...{ url: url.replace(/\/+$/, ""), WebSocket, fetch, idleSeconds, answerSeconds, maxWaiting, lines: new Set() },
      ...{ getToken: async () => (getToken ? getToken() : (token ?? "")), renews: Boolean(getToken) },
      get: (id, options) => this.get(id, options),
    };
  }

  /** Ask for a generation. When the answer is lost it is asked for again under the same key, so it is bought once.
   * @param {{prompt: string} & Record<string, unknown>} body as POST /v1/generations has it
   * @param {{idempotencyKey?: string, signal?: AbortSignal}} [options] @returns {Promise<Generation>} */
  async submit(body, { idempotencyKey = uuid(), signal } = {}) {
    return this.#ask("POST", "", { body: JSON.stringify(body), idempotencyKey, signal });
  }

  /** @param {string} id @param {{signal?: AbortSignal}} [options] @returns {Promise<Generation>} */
  async get(id, options) {
    return this.#ask("GET", `/${encodeURIComponent(id)}`, options);
  }

  /** Call it off. @param {string} id @returns {Promise<Generation>} */
  async cancel(id) {
    return this.#ask("POST", `/${encodeURIComponent(id)}/cancel`);
  }

  /** Try a failed or cancelled one again. @param {string} id @returns {Promise<Generation>} */
  async retry(id) {
    return this.#ask("POST", `/${encodeURIComponent(id)}/retry`);
  }

  /** A page of your generations, newest first; `cursor` is the last page's `next_cursor`.
   * @param {{status?: Status, model_id?: string, batch_id?: string, limit?: number, cursor?: string}} [filters]
   * @returns {Promise<{items: Generation[], next_cursor: string|null}>} */
  async list(filters = {}) {
    const given = Object.entries(filters).filter(([, value]) => value !== undefined);
    return this.#ask("GET", `?${given.map((pair) => pair.map(encodeURIComponent).join("=")).join("&")}`);
  }

  /** Every transition above version `after`, each once and in order, until the last one: final, and not retried.
   * @param {string} id @param {Following & FollowingTransitions & {after?: number}} [options] @returns {Transitions} */
  watch(id, { after = 0, ...on } = {}) {
    if (!Number.isSafeInteger(after) || after < 0) throw new TypeError("after: must be a version, 0 or more");
    return new Subscription(this.#config, `generation:${id}`, after || null, on, id).read();
  }

  /** Every transition of all your generations, from the unfinished ones on or behind the cursor `after`; endless.
   * @param {Following & FollowingTransitions & {after?: string|null}} [options] @returns {Transitions} */
  feed({ after = null, ...on } = {}) {
    return new Subscription(this.#config, "generations", after, on).read();
  }

  /** A batch's. @param {string} id @param {Callbacks & {after?: string|null}} [options] @returns {Transitions} */
  batch(id, { after = null, ...on } = {}) {
    return new Subscription(this.#config, `batch:${id}`, after, on).read();
  }

  /** What waits and what runs, about once a second, the latest wins; endless.
   * @param {Following} [on] @returns {AsyncGenerator<Queue, void, undefined>} */
  queue(on = {}) {
    return new Subscription(this.#config, "queue", null, on).read();
  }

  /** The full address of a picture: a server without a public address names its path only. @param {string} url */
  resolve(url) {
    return /^[a-z][a-z\d+.-]*:/i.test(url) ? url : this.#config.url.replace(/(:\/\/[^/]+).*/, "$1") + url;
  }

  /** @param {string} method @param {string} path @returns {Promise<any>}
   * @param {{body?: string, idempotencyKey?: string, signal?: AbortSignal}} [options] */
  async #ask(method, path, { body, idempotencyKey, signal } = {}) {
    const { fetch, url, getToken } = this.#config; // a browser's fetch refuses to be called as a method
    const tries = method === "GET" || idempotencyKey ? TRIES : 1; // only what does nothing twice
    for (const backoff = new Backoff(); ; ) {
      const pause = backoff.pause();
      try {
        /** @type {Record<string, string>} */
        const headers = { Authorization: `Bearer ${await getToken()}` };
        if (body) headers["Content-Type"] = "application/json";
        if (idempotencyKey) headers["Idempotency-Key"] = idempotencyKey;
        const until = signal ?? globalThis.AbortSignal?.timeout?.(PATIENCE * 1000);
        const redirect = /** @type {const} */ ("error"); // a redirected POST would come back as somebody's GET
        const asked = { method, headers, body, signal: until, redirect };
        return await documentOf(await fetch(`${url}/v1/generations${path}`, asked));
      } catch (error) {
        const { status = 503, retryAfter = 0 } = error instanceof Problem ? error : {};
        if (!PASSING.has(status) || retryAfter > PATIENCE) throw error;
        if (signal?.aborted || backoff.tries >= tries) throw error;
        await sleep(Math.max(pause, retryAfter), signal);
      }
    }
  }
}

/** @param {Response} answer @returns {Promise<any>} */
async function documentOf(answer) {
  const text = await answer.text();
  const document = /json/.test(answer.headers.get("Content-Type") ?? "") && JSON.parse(text); // proxies answer in HTML
  if (answer.ok && document) return document;
  const what = answer.ok ? { status: 502, title: "What answers is not Darkroom" } : { status: answer.status };
  throw new Problem({ ...what, ...document }, Number(answer.headers.get("Retry-After")) || 0);
}

/** @param {AbortSignal|undefined} signal */
function reasonOf(signal) {
  return signal?.reason ?? Object.assign(new Error("This was aborted"), { name: "AbortError" });
}

/** @param {number} seconds @param {AbortSignal} [signal] @returns {Promise<void>} */
function sleep(seconds, signal) {
  return new Promise((resolve, reject) => {
    const abort = () => (clearTimeout(timer), reject(reasonOf(signal)));
    const done = () => (signal?.removeEventListener("abort", abort), resolve());
    const timer = setTimeout(done, seconds * 1000);
    signal?.addEventListener("abort", abort);
  });
}

/** A random UUID, also in React Native and on insecure pages, which have none to give. */
function uuid() {
  if (typeof globalThis.crypto?.randomUUID === "function") return globalThis.crypto.randomUUID();
  return "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx".replace(/x/g, () => Math.floor(Math.random() * 16).toString(16));
}
