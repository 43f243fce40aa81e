// Package engine runs JavaScript: a thin binding over QuickJS translated to Go
// (modernc.org/libquickjs). It knows nothing of WebSockets, events or files, and
// it is the only package that may import modernc.org.
//
// # The API
//
//	New(Options) (*Runtime, error)
//	(*Runtime) Close() error
//
//	(*Runtime) EvalScript(name, source string) (Value, error)
//	(*Runtime) EvalModule(name, source string) (*Promise, error)
//	Compile(name, source string) (Bytecode, error)
//	CompileModule(name, source string) (Bytecode, error)
//	(*Runtime) Run(Bytecode) error
//	(*Runtime) RunModule(Bytecode) (*Promise, error)
//
//	(*Runtime) Define(name string, fn HostFunc) error
//	(*Runtime) Global(name string) (*Function, error)
//	(*Runtime) Call(fn *Function, args ...Value) (Value, error)
//	(*Runtime) RunJobs() error
//
//	(*Runtime) Interrupt()
//	(*Runtime) ClearInterrupt()
//	(*Runtime) Memory() Memory
//	(*Runtime) CollectGarbage()
//
// # Ownership
//
// A Runtime belongs to one goroutine at a time; it is not tied to an OS thread.
// Only [Runtime.Interrupt] and [Runtime.ClearInterrupt] may be called from
// elsewhere at any moment. Runtimes are independent of each other.
//
// No engine value leaves the package: a [Value] is plain Go data, and what has to
// stay in the engine is behind [Function] and [Promise], counted references that
// turn inert when their Runtime is closed.
//
// # Turns
//
// The calls that run script, and RunJobs, are turns: the script runs, then
// every promise job that is ready, then everything the turn made on the way is
// freed and rejections that nobody handled are reported. A host function may start
// a turn of its own while one is running; the jobs wait for the outermost one.
//
// # What scripts get
//
// The host object has [React], [Conceal] and [Reveal] from the start: what a prelude in
// JavaScript needs and the language is slow at.
//
// # Failures
//
// What a script throws comes back as an [*Exception]. [ErrInterrupted] and
// [ErrOutOfMemory] end a turn in a way the script cannot catch. Out of memory also
// poisons the Runtime: the garbage may still be reachable, so every later call
// answers [ErrPoisoned] and the Runtime is only good for Close. It ends the turn at the
// script's next step, also if the script catches the error.
//
// The engine is C that was translated to Go, and release 2026-06-04 of QuickJS has
// memory errors, all of them after an allocation that failed: the parser goes on with
// scopes and bytecode that it does not have, and what writes the stack of an error may
// write to one that was freed (github.com/bellard/quickjs, issues 406, 528, 529, 531
// and 532). So code is compiled beyond the memory limit, which is compared afterwards;
// the memory of a Runtime is given back as a whole, without the engine; and an access
// to an address without memory is a panic, which ends the turn with ErrPoisoned. That
// Runtime is [Runtime.Lost]: its memory is never freed. Nothing else in the process is
// harmed, as far as such an error is an access to memory that does not exist.
//
// The memory limit, the interrupt and the depth limit protect the process from
// scripts that go wrong. They are no sandbox for hostile code: a long loop inside a
// built-in, such as sorting a huge array, does not see the interrupt until it ends.
package engine
