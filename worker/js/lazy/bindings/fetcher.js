import { defineBinding, expect, host, refuse, Request, secret, send, tag } from "shared";

// Fetcher is a binding with a method fetch, whose requests do not leave Linger.
export class Fetcher {
  #answer;

  constructor(key, answer) {
    if (key !== secret) refuse("Fetcher");
    this.#answer = answer;
  }

  async fetch(input, init) {
    expect(arguments.length, 1, "fetch");
    const failure = new TypeError("fetch failed"); // created here, so that its stack contains the caller
    const request = new Request(input, init);
    request.signal.throwIfAborted();
    return this.#answer(request, failure);
  }
}

tag(Fetcher);

defineBinding(
  "assets",
  () =>
    new Fetcher(secret, (request, failure) =>
      send(request, failure, (number, { method, url, redirect }, headers) => host.fetchAsset(number, method, url, redirect, headers)),
    ),
);
