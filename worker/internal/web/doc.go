// Package web installs the globals of the web platform that Linger's workers have: console, timers, URL, Headers,
// Request, Response, the text encodings, structuredClone, Event and EventTarget, AbortController, BroadcastChannel and
// the classes that belong to them.
//
// They are ES modules, in the folder js with one concept each, on top of a few Go functions: operations on many bytes are
// implemented in Go, everything that scripts can observe in JavaScript. The modules are bundled and compiled once per
// process; [Prelude.Install] only runs the bytecode in a runtime. The host object with the Go functions is deleted while the
// modules load, so that scripts can reach only what the standards define.
//
// A package with additional globals, such as the events of the worker, passes its modules to [NewPrelude] as an [fs.FS].
// They import the modules of this package as "web/NAME.js", and each other by relative paths. Host functions that were
// defined before Install are methods of the object that "web/host.js" exports, and functions that the modules pass to
// expose of that module are returned by [Realm.Function]. These modules and exports are intended for them:
//
//	web/host.js        host; expose(name, function)
//	web/define.js      define(target, properties); tag(...classes); expect(given, wanted, what); secret, refuse(name)
//	web/event.js       Event, MessageEvent, CustomEvent; stateOf(event).trusted
//	web/target.js      EventTarget; dispatch(target, event, { self, onResult, onError }); globalTarget; hasListeners;
//	                   handlerAttribute(prototype, type); onListenersChange(target, function)
//	web/exception.js   DOMException
//	web/report.js      reportError(error); setReporter(function)
//	web/request.js     Request; makeRequest({ url, method, headers, body, makeSignal })
//	web/response.js    Response; takeParts(response) -> { status, headers, body, decode }; makeResponse(parts)
//	web/body.js        bodyContent(request or response) -> a Content (web/content.js), or null
//	web/abort.js       AbortSignal; addStep(signal, function), removeStep(signal, function)
//	web/headers.js     Headers; fromPairs(flat); guard(headers, "immutable")
//	web/clone.js       structuredClone; serialize(value) -> text; deserialize(text)
//	web/lazy.js        lazy(name) -> the exports of a bundle on demand: see lazy.go
//	web/timers.js      startTimer(callback, delay, repeat, args); queueTask(callback)
//	web/describe.js    describe(class, function), describeBy(class, ...names): the properties that console shows
package web
