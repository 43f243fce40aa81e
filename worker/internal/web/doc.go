// Package web gives a JavaScript engine the globals of the web platform that Linger's workers have: console, timers,
// URL, Headers, Request, Response, the text encodings, structuredClone, Event and EventTarget, AbortController,
// BroadcastChannel and what belongs to them.
//
// They are ES modules (folder js, one concept each) on top of a few Go functions: work on many bytes is done in Go, and
// what scripts can observe is done in JavaScript. The modules are bundled and compiled once per process; [Install] only
// runs the bytecode in a runtime. The host object that lends them the Go functions is deleted while they load, so that
// nothing of theirs is reachable but what the standards name.
//
// A package that has globals of its own on top of these, such as the events of the worker, brings its modules as an
// [fs.FS] to [NewPrelude]. They import these modules as "web/NAME.js", each other by relative paths, and reach Go like
// these do: host functions that were defined before Install are methods of the object that "web/host.js" exports, and
// what they hand to expose of that module is found by [Realm.Function]. For them are:
//
//	web/host.js        host; expose(name, function)
//	web/define.js      define(target, properties); tag(...classes); expect(given, wanted, what); secret, refuse(name)
//	web/event.js       Event, MessageEvent, CustomEvent; stateOf(event).trusted
//	web/target.js      EventTarget; dispatch(target, event, { self, onResult, onError }); globalTarget; hasListeners;
//	                   handlerAttribute(prototype, type); watch(target, function)
//	web/exception.js   DOMException
//	web/report.js      reportError(error); setReporter(function)
//	web/request.js     Request; received({ url, method, headers, body })
//	web/response.js    Response; spend(response) -> { status, statusText, headers, body }; make(parts)
//	web/body.js        bodyContent(request or response) -> a Content, whose take() gives text or bytes, or null
//	web/abort.js       AbortSignal; addStep(signal, function), removeStep(signal, function)
//	web/headers.js     Headers; fromPairs(flat); guard(headers, "immutable")
//	web/clone.js       structuredClone; serialize(value) -> text; deserialize(text)
//	web/timers.js      startTimer(callback, delay, repeat, args); queueTask(callback)
//	web/describe.js    describe(class, function), describeBy(class, ...names): what console shows
package web
