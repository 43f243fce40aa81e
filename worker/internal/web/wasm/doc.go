// Package wasm runs WebAssembly modules for scripts: it has the operations on which the WebAssembly JavaScript Interface is
// implemented, on the runtime wazero, which compiles to machine code on amd64 and arm64 and interprets elsewhere.
//
// A [Store] has the modules, instances, functions, memories, tables and globals of one script. wazero links modules by
// their names, while the JavaScript interface passes objects; and it has no functions for tables, and none that create
// memories and globals. The Store solves both with small modules that it generates: adapters, which import objects and
// export them under the names that another module imports, and accessors, which export functions that use a table.
package wasm
