// Making and changing elements. Values become text or attributes, never HTML: what peers send is shown as it is.

/** Names of elements in SVG. */
const svgNames = new Set(["svg", "path", "line", "rect", "g", "use", "circle", "title"]);

/**
 * Returns a new element. Properties that begin with "on" are listeners; others are attributes, which are left out if they are null or false.
 * Children are elements, or values that become text.
 */
export function h(name, attributes = {}, ...children) {
  const element = svgNames.has(name) ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) {
      element.addEventListener(key.slice(2), value);
    } else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(key, value === true ? "" : value);
    }
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Returns the element of the page that has an id. */
export function byId(id) {
  return document.getElementById(id);
}

/** Sets the text of an element, if it differs: an assignment would end a selection in it. */
export function setText(element, text) {
  const value = String(text);
  if (element.textContent !== value) {
    element.textContent = value;
  }
}

/** Sets an attribute, or removes it if the value is null or false. */
export function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) {
    element.removeAttribute(name);
  } else if (element.getAttribute(name) !== String(value)) {
    element.setAttribute(name, value);
  }
}

/** Sets the class that a condition decides about. */
export function setClass(element, name, on) {
  element.classList.toggle(name, Boolean(on));
}

/**
 * Makes the children of an element those of a list. A child whose key was there before is changed and moved, and not made again, so it
 * keeps the focus and the selection. In a parent with the attribute data-calm, children keep their order while the pointer or the focus is
 * in it, so that a click hits the one that it was meant for.
 *
 * @param create returns the element of an item
 * @param update changes the element for the item; it is called for new elements too
 */
export function list(parent, items, key, create, update) {
  const wanted = new Map(items.map((item) => [String(key(item)), item]));
  const elements = (parent.elementsByKey ??= new Map());
  const calm = parent.matches("[data-calm]:is(:hover, :focus-within)");
  for (const [name, element] of elements) {
    if (!wanted.has(name)) {
      elements.delete(name);
      element.remove();
    }
  }
  let next = calm ? null : parent.firstElementChild;
  for (const [name, item] of wanted) {
    const element = elements.get(name) ?? create(item);
    elements.set(name, element);
    update(element, item);
    if (element === next) {
      next = next.nextElementSibling;
    } else if (!calm || !element.parentNode) {
      parent.insertBefore(element, next);
    }
  }
}

/** Returns an icon of the page's set. */
export function icon(name) {
  return h("svg", { class: "icon", "aria-hidden": "true" }, h("use", { href: `#icon-${name}` }));
}
