import { refuse, secret, tag } from "./define.js";
import { host } from "./host.js";

// timeOrigin is the wall-clock time at which the globals were installed, in milliseconds since 1970.
export const timeOrigin = Date.now();

export class Performance {
  constructor(token) {
    if (token !== secret) refuse("Performance");
  }

  get timeOrigin() {
    return timeOrigin;
  }

  now() {
    return host.now();
  }

  toJSON() {
    return { timeOrigin };
  }
}

tag(Performance);
export const performance = new Performance(secret);
