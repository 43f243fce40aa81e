import { refuse, secret, tag } from "./define.js";

export class Navigator {
  constructor(token) {
    if (token !== secret) refuse("Navigator");
  }

  get userAgent() {
    return "Linger";
  }
}

tag(Navigator);
export const navigator = new Navigator(secret);
