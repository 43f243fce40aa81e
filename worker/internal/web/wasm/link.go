package wasm

import (
	"errors"
	"fmt"
	"slices"
)

const (
	// noName is the name for wazero of a module that is imported by an empty name, which wazero refuses.
	noName = "\x00"

	// checkName is the name of the module with the function that stops interrupted code.
	checkName = "\x00check"

	// holderName is the beginning of the names of exports that modules for wazero have in addition to their own: the tables
	// and globals of references to objects of the script.
	holderName = "\x00holder"
)

// linkName returns the name for wazero of an imported module.
func linkName(module string) string {
	if module == "" {
		return noName
	}
	return module
}

// link changes a module to what a Store needs: it gets linkName for imported modules, the exports of d.holders, and a
// maximum for each table.
func link(d *Description, s sections) error {
	if slices.ContainsFunc(d.Imports, func(i Import) bool { return i.Module == "" }) {
		s[sectionImport] = renameImports(d, s[sectionImport])
	}
	if len(d.holders) > 0 {
		s[sectionExport] = appendItems(s[sectionExport], len(d.holders), func(b []byte) []byte {
			for _, h := range d.holders {
				b = append(append(append(b, sized([]byte(h.Name))...), byte(h.Type.Kind)), u32(h.index)...)
			}
			return b
		})
	}
	return limitTables(d, s)
}

// limitTables gives each table of a module a maximum, so that the memory of an instance is known when it is made.
func limitTables(d *Description, s sections) error {
	if d.count[Table] == d.imported[Table] {
		return nil
	}
	r := &reader{bytes: s[sectionTable]}
	result := u32(r.u32())
	for range d.count[Table] - d.imported[Table] {
		t := Type{Kind: Table, Element: ValueType(r.byte())}
		if len(r.bytes) > 0 && r.bytes[0] > 1 {
			r.fail(fmt.Errorf("the limits of a table have the flags %#x, which are not defined", r.bytes[0]))
		}
		t.Limits = r.limits()
		if r.err != nil {
			return r.err
		}
		if err := t.limitTable(); err != nil {
			return err
		}
		result = append(result, typeBytes(t)...)
		d.elements += uint64(t.Limits.Max)
	}
	s[sectionTable] = result
	return nil
}

const (
	maxElements     = 1_000_000 // of a table
	defaultElements = 1 << 16   // of a table without a maximum, unless it begins with more
)

// limitTable limits the maximum of a table.
func (t *Type) limitTable() error {
	l := &t.Limits
	switch {
	case l.Min > maxElements:
		return ErrTableSize
	case l.HasMax:
		l.Max = min(l.Max, maxElements)
	default:
		l.Max, l.HasMax = max(l.Min, defaultElements), true
	}
	return nil
}

// appendItems adds n items to the content of a section that is a vector. The section may be missing.
func appendItems(content []byte, n int, items func([]byte) []byte) []byte {
	if content == nil {
		content = []byte{0}
	}
	r := &reader{bytes: content}
	count := r.u32() + uint32(n)
	return items(append(u32(count), r.bytes...))
}

// renameImports returns the import section with linkName for each imported module.
func renameImports(d *Description, content []byte) []byte {
	r := &reader{bytes: content}
	result := u32(r.u32())
	for range d.Imports {
		result = append(result, sized([]byte(linkName(r.name())))...)
		rest := r.bytes
		_ = r.name()
		switch Kind(r.byte()) {
		case Func:
			_ = r.u32()
		case Table:
			_ = r.byte()
			_ = r.limits()
		case Memory:
			_ = r.limits()
		case Global:
			_ = r.take(2)
		}
		result = append(result, rest[:len(rest)-len(r.bytes)]...)
	}
	return result
}

// Instructions (section 5.4) that rewrite adds or has to know.
const (
	opBlock, opLoop, opIf, opElse, opEnd = 0x02, 0x03, 0x04, 0x05, 0x0B
	opCall, opReturnCall, opRefFunc      = 0x10, 0x12, 0xD2
	opGlobalGet, opGlobalSet             = 0x23, 0x24
	opI32Const, opI32Eqz, opI32Sub       = 0x41, 0x45, 0x6B
	blockEmpty                           = 0x40
)

// checkInterval is the number of calls and iterations between two calls of the function that stops interrupted code. A call
// costs as much as some hundred instructions; the interval takes less than a millisecond.
const checkInterval = 10_000

// interruptible makes all functions of a module count their calls and the iterations of their loops in a global, and call a
// function of the Store after each checkInterval. Otherwise an endless loop could neither be interrupted nor be stopped
// by the garbage collector of the process. wazero has such checks too (WithCloseOnContextDone), but it calls a function at
// each iteration, which makes short loops twenty times as slow.
//
// The module gets an import, so that the indices of its own functions grow by one; a function that calls it and resets the
// counter; and the counter. The last two have the highest indices.
func interruptible(d *Description, s sections) error {
	w := rewriter{
		d:       d,
		refill:  d.count[Func] + 1,
		counter: d.count[Global],
	}
	noType := uint32(len(d.types))
	s[sectionType] = appendItems(s[sectionType], 1, func(b []byte) []byte { return append(b, 0x60, 0, 0) })
	s[sectionImport] = appendItems(s[sectionImport], 1, func(b []byte) []byte {
		b = append(append(b, sized([]byte(checkName))...), sized([]byte(only))...)
		return append(append(b, byte(Func)), u32(noType)...)
	})
	s[sectionFunction] = appendItems(s[sectionFunction], 1, func(b []byte) []byte { return append(b, u32(noType)...) })
	w.vector(s, sectionGlobal, func() {
		w.copy(2) // the type
		w.expression()
	})
	s[sectionGlobal] = appendItems(s[sectionGlobal], 1, func(b []byte) []byte { return append(b, byte(I32), 1, opI32Const, 0, opEnd) })
	w.vector(s, sectionExport, func() {
		w.copy(int(w.u32())) // the name
		if kind := Kind(w.byte()); kind == Func {
			w.functionIndex()
		} else {
			w.u32()
		}
	})
	if start, ok := s[sectionStart]; ok {
		w.in, w.out = &reader{bytes: start}, nil
		w.functionIndex()
		s[sectionStart] = w.out
		w.finish()
	}
	w.vector(s, sectionElement, w.element)
	w.vector(s, sectionCode, w.function)
	w.vector(s, sectionData, w.data)
	s[sectionCode] = appendItems(s[sectionCode], 1, func(b []byte) []byte {
		body := append([]byte{0, opCall}, u32(d.imported[Func])...)
		body = append(append(body, opI32Const), signed(nil, checkInterval)...)
		body = append(append(body, opGlobalSet), u32(w.counter)...)
		return append(b, sized(append(body, opEnd))...)
	})
	return w.err
}

// rewriter copies sections, and changes the indices of functions. It refuses indices that do not exist, because they could be
// those of the objects that are added.
type rewriter struct {
	d               *Description
	in              *reader
	out             []byte
	refill, counter uint32 // the indices of the function and the global that are added
	err             error
}

// vector rewrites a section that is a vector of items. The section may be missing.
func (w *rewriter) vector(s sections, id byte, item func()) {
	content, ok := s[id]
	if !ok || w.err != nil {
		return
	}
	w.in, w.out = &reader{bytes: content}, nil
	w.each(item)
	s[id] = w.out
	w.finish()
}

// finish ends a section, which must have no more bytes.
func (w *rewriter) finish() {
	if w.in.err == nil && len(w.in.bytes) > 0 {
		w.in.fail(errors.New("a section has more bytes than its items"))
	}
	if w.err == nil {
		w.err = w.in.err
	}
}

// copy copies n bytes.
func (w *rewriter) copy(n int) { w.out = append(w.out, w.in.take(uint32(n))...) }

// byte copies and returns a byte.
func (w *rewriter) byte() byte {
	b := w.in.byte()
	w.out = append(w.out, b)
	return b
}

// u32 copies and returns a number.
func (w *rewriter) u32() uint32 {
	n := w.in.u32()
	w.out = append(w.out, u32(n)...)
	return n
}

// leb copies a number of any size in LEB128.
func (w *rewriter) leb() {
	for w.byte()&0x80 != 0 && w.in.err == nil {
	}
}

// below copies an index, which must be less than limit.
func (w *rewriter) below(limit uint32, what string) {
	if w.u32() >= limit {
		w.in.fail(errors.New("a " + what + " does not exist"))
	}
}

// functionIndex rewrites the index of a function.
func (w *rewriter) functionIndex() {
	i := w.in.u32()
	switch {
	case i >= w.d.count[Func]:
		w.in.fail(errors.New("a function does not exist"))
	case i >= w.d.imported[Func]:
		i++
	}
	w.out = append(w.out, u32(i)...)
}

// each rewrites the items of a vector, of which each has at least one byte.
func (w *rewriter) each(item func()) {
	n := w.u32()
	if uint64(n) > uint64(len(w.in.bytes)) {
		w.in.fail(errTruncated)
	}
	for ; n > 0 && w.in.err == nil; n-- {
		item()
	}
}

// element rewrites an element segment (section 5.5.12).
func (w *rewriter) element() {
	flags := w.u32()
	const passive, explicit, expressions = 1, 2, 4
	if flags > 7 {
		w.in.fail(errors.New("an element segment has an unknown form"))
		return
	}
	if flags&passive == 0 {
		if flags&explicit != 0 {
			w.u32() // the table
		}
		w.expression()
	}
	if flags&(passive|explicit) != 0 {
		w.byte() // the type of the elements
	}
	if flags&expressions != 0 {
		w.each(w.expression)
	} else {
		w.each(w.functionIndex)
	}
}

// maxVariables bounds the variables of a function (WebAssembly JavaScript Interface, section 9).
const maxVariables = 50_000

// data copies a data segment (section 5.5.14).
func (w *rewriter) data() {
	flags := w.u32()
	if flags == 2 {
		w.u32() // the memory
	}
	if flags != 1 {
		w.expression()
	}
	w.copy(int(w.u32()))
}

// function rewrites the code of a function.
func (w *rewriter) function() {
	size := w.in.u32()
	outer, rest := w.out, *w.in
	w.in, w.out = &reader{bytes: w.in.take(size)}, nil
	rest.take(size)
	variables := uint64(0)
	w.each(func() { variables += uint64(w.u32()); w.byte() })
	if variables > maxVariables {
		w.in.fail(fmt.Errorf("a function has %d variables, more than %d", variables, maxVariables))
	}
	w.check()
	w.expression()
	if w.in.err == nil && len(w.in.bytes) > 0 {
		w.in.fail(errors.New("a function has more bytes than its instructions"))
	}
	if rest.err == nil {
		rest.err = w.in.err
	}
	w.in, w.out = &rest, append(outer, sized(w.out)...)
}

// check adds the instructions that count a call or an iteration.
func (w *rewriter) check() {
	counter := u32(w.counter)
	b := append(append(w.out, opGlobalGet), counter...)
	b = append(append(b, opI32Eqz, opIf, blockEmpty, opCall), u32(w.refill)...)
	b = append(append(append(b, opEnd), opGlobalGet), counter...)
	w.out = append(append(b, opI32Const, 1, opI32Sub, opGlobalSet), counter...)
}
