package wasm

import "fmt"

// ValueType is the type of a value, as its code in the binary format (WebAssembly Core Specification, section 5.3.1).
type ValueType byte

// The types of values.
const (
	I32       ValueType = 0x7F
	I64       ValueType = 0x7E
	F32       ValueType = 0x7D
	F64       ValueType = 0x7C
	V128      ValueType = 0x7B
	FuncRef   ValueType = 0x70
	ExternRef ValueType = 0x6F
)

// typeNames are the names of types in the JavaScript interface.
var typeNames = map[ValueType]string{
	I32: "i32", I64: "i64", F32: "f32", F64: "f64", V128: "v128", FuncRef: "funcref", ExternRef: "externref",
}

// String returns the name of the type in the text format.
func (t ValueType) String() string {
	if name, ok := typeNames[t]; ok {
		return name
	}
	return fmt.Sprintf("ValueType(%#x)", byte(t))
}

// TypeOf returns the type with a name of the text format.
func TypeOf(name string) (ValueType, bool) {
	for t, n := range typeNames {
		if n == name {
			return t, true
		}
	}
	return 0, false
}

// Kind is the kind of an import or export, as its code in the binary format (section 5.5.5).
type Kind byte

// The kinds of imports and exports.
const (
	Func Kind = iota
	Table
	Memory
	Global
)

// String returns the name of the kind in the JavaScript interface.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", byte(k))
}

var kindNames = [...]string{Func: "function", Table: "table", Memory: "memory", Global: "global"}

// FuncType is the type of a function.
type FuncType struct{ Params, Results []ValueType }

// Limits are the sizes of a memory, in pages of 64 KiB, or of a table, in elements.
type Limits struct {
	Min, Max uint32
	HasMax   bool
}

// Type is the type of an import or export. Only the fields of its kind are set.
type Type struct {
	Kind    Kind
	Func    FuncType
	Limits  Limits    // of a memory or table
	Element ValueType // of a table
	Value   ValueType // of a global
	Mutable bool      // of a global
}

// Import is an import of a module.
type Import struct {
	Module, Name string
	Type         Type
}

// Export is an export of a module.
type Export struct {
	Name  string
	Type  Type
	index uint32 // among the functions, tables, memories or globals of the module, imports first
}

// Custom is a custom section.
type Custom struct {
	Name    string
	Content []byte
}

// Description is what a module imports and exports.
type Description struct {
	Imports  []Import
	Exports  []Export
	Customs  []Custom
	types    []FuncType // all function types of the module
	holders  []Export   // the additional exports of the module for wazero, which hold references to objects of the script
	imported [4]uint32  // the number of imports of each kind
	count    [4]uint32  // the number of objects of each kind, imports included
	elements uint64     // the sum of the maximums of the tables that the module defines
	pages    uint32     // the initial size of the memory that the module defines
}
