import { expose, host, open } from "process/host_wire.js";
import { exceptionOf } from "process/thrown.js";

// A child for the tests of the wire, whose functions return what they got.

expose("echo", (...values) => host.echoed(...values));
expose("ask", (...values) => {
  host.echoed("before");
  host.echoed("answer", host.answer(...values));
});
expose("fail", (...values) => {
  try {
    host.answer(...values);
  } catch (error) {
    host.echoed(error.constructor.name, error.name, error.message);
  }
});
expose("later", async (value) => {
  await null;
  host.echoed(value);
});
expose("describe", (code) => {
  let value;
  try {
    new Function(code)();
  } catch (error) {
    value = error;
  }
  host.echoed(exceptionOf(value));
});

open("test");
