// Makes and finds elements.

/** Return the element with an id that the page contains. */
export function find(id) {
  return document.getElementById(id);
}

/**
 * Make an element. Strings among the children become text nodes, so nothing in them is ever markup.
 *
 * @param {string} tag its name
 * @param {Object<string, string>} attributes
 * @param {...(Node|string)} children
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
