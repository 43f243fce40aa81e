// Package engine runs JavaScript. It is a thin binding of QuickJS, translated to Go (modernc.org/libquickjs). It has no
// concept of WebSockets, events or files, and it is the only package that may import modernc.org.
//
// # API
//
//	New(Options) (*Runtime, error)
//	(*Runtime) Close() error
//
//	(*Runtime) EvalScript(name, source string) (Value, error)
//	(*Runtime) EvalModule(name, source string, meta ...Meta) (*Promise, error)
//	Compile(name, source string) (Bytecode, error)
//	(*Runtime) Run(Bytecode) (Value, error)
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
// A Runtime may be used by one goroutine at a time; it is not tied to an OS thread. Only the methods that set, clear or
// report an interrupt, and [Runtime.Poke] and [Runtime.Locate], may be called from other goroutines at any time. Runtimes
// are independent of each other.
//
// No engine value leaves the package: a [Value] is plain Go data. [Function] and [Promise] are counted references to
// values that stay in the engine; they become inert when their Runtime is closed.
//
// # Turns
//
// A call that runs code of a script, or RunJobs, is a turn: the code runs, then every promise job that is ready. At the
// end all temporary values of the turn are freed, and unhandled rejections are reported. A host function may start a
// nested turn; jobs run at the end of the outermost one.
//
// # Host object
//
// Every host object has the functions [React], [Enqueue], [NewPromise], [SettlePromise], [Enumerate], [Conceal] and [Reveal],
// for a prelude in JavaScript: what they do is slow in the language itself. It also has [Context] and [FollowContext], which
// the language does not have.
//
// # Failures
//
// An exception of a script is returned as an [*Exception]. [ErrInterrupted] and [ErrOutOfMemory] end a turn in a way that
// the script cannot catch. After a failed allocation the turn ends at the script's next step, even if the script catches
// the error, and the Runtime can only be closed: the garbage may still be reachable, so every later call returns
// [ErrPoisoned].
//
// The engine is C that was translated to Go, and release 2026-06-04 of QuickJS has memory errors. All of them follow a
// failed allocation: the parser goes on with scopes and bytecode that do not exist, and the function that writes the
// stack of an error may write to an object that has been freed (github.com/bellard/quickjs, issues 406, 528, 529, 531 and
// 532). For this reason code is compiled beyond the memory limit, and the heap is compared with the limit afterwards; the
// memory of a Runtime is freed as a whole, without the engine; and an access to an unmapped address is a panic, which ends
// the turn with ErrPoisoned. Such a Runtime is [Runtime.Lost]: its memory is never freed. Other parts of the process are
// not affected, as far as the error is an access to unmapped memory.
//
// The memory limit, the interrupt and the depth limit protect the process from faulty scripts. They are not a sandbox for
// hostile code: a long operation of a built-in function, such as sorting a huge array, is not interrupted before it ends.
package engine
