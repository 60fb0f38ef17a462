// Work in slices, so that the page answers keys and scrolls while thousands of results arrive.

const SLICE_MS = 8; // Half of a frame; the other half is for layout and paint.

/** Tasks that are done in order, a few per frame; the first one at once. */
export class FrameQueue {
  #tasks = [];
  #next = 0;
  #frame = 0; // the request of the next frame, in which more may be done

  push(task) {
    this.#tasks.push(task);
    if (!this.#frame) this.#run();
  }

  clear() {
    cancelAnimationFrame(this.#frame);
    this.#tasks = [];
    this.#next = this.#frame = 0;
  }

  #run = () => {
    if (this.#next === this.#tasks.length) {
      this.clear();
      return;
    }
    const due = performance.now() + SLICE_MS;
    while (this.#next < this.#tasks.length && performance.now() < due) this.#tasks[this.#next++]();
    this.#frame = requestAnimationFrame(this.#run);
  };
}

/** Yield the same values, and let the browser do other work after each slice of time. */
export async function* inSlices(values) {
  let due = performance.now() + SLICE_MS;
  for await (const value of values) {
    yield value;
    if (performance.now() < due) continue;
    await new Promise((resolve) => setTimeout(resolve));
    due = performance.now() + SLICE_MS;
  }
}
