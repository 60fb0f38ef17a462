// Asks the service for a search, and reads the stream of its events.

const RESOURCE = "api/v1/search";

/** Indicates that the service refused a search, with its problem object (RFC 9457). */
export class Refusal extends Error {
  constructor(problem, retryAfterS = null) {
    super(problem.detail ?? problem.title);
    this.problem = problem;
    this.retryAfterS = retryAfterS;
  }

  /** The name of the problem's type: `unknown-user` for `/problems/unknown-user`. */
  get name() {
    return String(this.problem.type ?? "").split("/").pop();
  }
}

/** Indicates that the service was not reached, or that its stream broke off. */
export class ConnectionLost extends Error {}

/**
 * Yield the events of a search as they arrive. The last one is `end`.
 *
 * @param {Object} request the fields of the API
 * @param {{key: ?string, signal: AbortSignal}} how aborting the signal ends the search, here and at the service
 * @throws {Refusal|ConnectionLost} or the signal's reason
 */
export async function* search(request, { key, signal }) {
  const headers = { Accept: "application/x-ndjson", "Content-Type": "application/json" };
  if (key) headers.Authorization = `Bearer ${key}`;
  try {
    const response = await fetch(RESOURCE, { method: "POST", headers, body: JSON.stringify(request), signal });
    if (!response.ok) throw await refusal(response);
    let last = null;
    for await (const event of objects(response.body)) yield (last = event);
    if (last?.type !== "end") throw new ConnectionLost("The connection broke off before the search had ended.");
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TypeError) throw new ConnectionLost("The service cannot be reached.");
    if (error instanceof SyntaxError) throw new ConnectionLost("The service answered with something that cannot be read.");
    throw error;
  }
}

async function refusal(response) {
  const problem = await response.json().catch(() => ({ title: `The service answered with status ${response.status}.` }));
  const retryAfter = response.headers.get("Retry-After");
  return new Refusal(problem, retryAfter === null ? null : Number(retryAfter));
}

/** Yield the objects of newline-delimited JSON. */
async function* objects(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let begun = []; // the pieces of a line whose end has not arrived
  for (let { value, done } = await reader.read(); !done; { value, done } = await reader.read()) {
    const lines = decoder.decode(value, { stream: true }).split("\n");
    const rest = lines.pop();
    for (const line of lines) {
      const whole = begun.join("") + line;
      begun = [];
      if (whole) yield JSON.parse(whole);
    }
    begun.push(rest);
  }
}
