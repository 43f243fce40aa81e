package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/lingerws/linger/worker/internal/storage/sqlite"
)

const pageSize = sqlite.PageSize

// A segment of the log is a file: a header, then batches. All that a batch contains is applied, or none of it.
//
//	header  magic "lingerlog1\n\x00\x00\x00\x00\x00", salt (8 bytes, random)
//	batch   length of the changes (8 bytes), checksum (4 bytes, CRC-32C of salt, length and changes), changes
//	change  length of name, name, flags, size of the file, number of pages, pages
//	page    number, length of the encoded page, encoded page
//	encoded page: runs of: number of zeros, number of other bytes, these bytes
//
// Numbers without a size are unsigned varints; those with a size are little-endian.
const (
	segmentMagic  = "lingerlog1\n\x00\x00\x00\x00\x00"
	segmentHeader = len(segmentMagic) + 8
	batchHeader   = 12
)

// maxName bounds the names of files in the log, in bytes.
const maxName = 1024

// change is what a transaction has changed in one file.
type change struct {
	name     string
	replaced bool  // the file was empty before the pages were written
	size     int64 // the size of the file after the transaction in bytes; 0 removes the file
	pages    []page

	file   *file  // nil for a change that was read from the log
	number uint64 // the number of the change in file
}

// page is the content of a page. Its number is its offset divided by pageSize.
type page struct {
	number int64
	data   []byte
}

// bytes returns about how many bytes of memory the change holds.
func (c *change) bytes() int64 { return int64(len(c.pages))*(pageSize+32) + int64(len(c.name)) + 64 }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// batchSum returns the checksum of a batch.
func batchSum(salt, length, changes []byte) uint32 {
	sum := crc32.Checksum(salt, castagnoli)
	sum = crc32.Update(sum, castagnoli, length)
	return crc32.Update(sum, castagnoli, changes)
}

// appendBatch appends a batch with the changes.
func appendBatch(b []byte, salt []byte, changes []*change) []byte {
	start := len(b)
	b = append(b, make([]byte, batchHeader)...)
	for _, c := range changes {
		b = appendChange(b, c)
	}
	body := b[start+batchHeader:]
	length := b[start : start+8]
	binary.LittleEndian.PutUint64(length, uint64(len(body)))
	binary.LittleEndian.PutUint32(b[start+8:], batchSum(salt, length, body))
	return b
}

func appendChange(b []byte, c *change) []byte {
	b = binary.AppendUvarint(b, uint64(len(c.name)))
	b = append(b, c.name...)
	flags := byte(0)
	if c.replaced {
		flags = 1
	}
	b = append(b, flags)
	b = binary.AppendUvarint(b, uint64(c.size))
	b = binary.AppendUvarint(b, uint64(len(c.pages)))
	for _, p := range c.pages {
		b = binary.AppendUvarint(b, uint64(p.number))
		b = appendPage(b, p.data)
	}
	return b
}

// minZeros is the shortest run of zeros that is left out.
const minZeros = 8

// appendPage appends the length of an encoded page and the encoded page.
func appendPage(b, data []byte) []byte {
	// The length takes two bytes: an encoded page is shorter than 2^14 bytes, because a run of other bytes, which costs at most
	// four bytes, follows at least minZeros zeros, except for the first.
	start := len(b)
	b = append(b, 0, 0)
	for len(data) > 0 {
		zeros := 0
		for zeros < len(data) && data[zeros] == 0 {
			zeros++
		}
		data = data[zeros:]
		others := literal(data)
		b = binary.AppendUvarint(b, uint64(zeros))
		b = binary.AppendUvarint(b, uint64(others))
		b = append(b, data[:others]...)
		data = data[others:]
	}
	n := len(b) - start - 2
	b[start], b[start+1] = byte(n)|0x80, byte(n>>7)
	return b
}

// literal returns the number of bytes before the next run of at least minZeros zeros.
func literal(data []byte) int {
	zeros := 0
	for i, v := range data {
		if v != 0 {
			zeros = 0
			continue
		}
		if zeros++; zeros == minZeros {
			return i + 1 - minZeros
		}
	}
	return len(data) - zeros
}

// errMalformed means that bytes with a valid checksum are not what appendBatch writes.
var errMalformed = errors.New("malformed change")

// reader reads numbers and bytes. After the first error, it returns zeros.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) number(limit uint64) uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || v > limit {
		r.fail()
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.fail()
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) fail() {
	r.rest = nil
	if r.err == nil {
		r.err = errMalformed
	}
}

// maxPages bounds the number of a page; a file has at most 16 TiB, as SQLite has it.
const maxPages = 1 << 32

// readChange returns the next change. Its pages are copies.
func (r *reader) readChange() (*change, error) {
	name := r.bytes(r.number(maxName))
	flags := r.bytes(1)
	c := &change{name: string(name), size: int64(r.number(maxPages * pageSize))}
	count := r.number(uint64(len(r.rest)))
	if r.err != nil {
		return nil, r.err
	}
	c.replaced = flags[0]&1 != 0
	for range count {
		number := r.number(maxPages)
		encoded := r.bytes(r.number(2 * pageSize))
		if r.err != nil {
			return nil, r.err
		}
		data, err := decodePage(encoded)
		if err != nil {
			return nil, err
		}
		c.pages = append(c.pages, page{int64(number), data})
	}
	return c, nil
}

// decodePage returns the page that appendPage has encoded.
func decodePage(encoded []byte) ([]byte, error) {
	r := reader{rest: encoded}
	data := make([]byte, pageSize)
	filled := uint64(0)
	for len(r.rest) > 0 {
		zeros := r.number(pageSize - filled)
		others := r.bytes(r.number(pageSize - filled - zeros))
		filled += zeros
		copy(data[filled:], others)
		filled += uint64(len(others))
	}
	if r.err == nil && filled != pageSize {
		r.err = fmt.Errorf("%w: a page of %d bytes", errMalformed, filled)
	}
	return data, r.err
}

// readBatch returns the changes of the batch at the beginning of b, and the length of the batch. ok is false if b does not
// begin with a complete batch: the log ends here, or what follows was not written completely.
func readBatch(b, salt []byte) (changes []*change, length int, ok bool, err error) {
	if len(b) < batchHeader {
		return nil, 0, false, nil
	}
	n := binary.LittleEndian.Uint64(b)
	if n > uint64(len(b)-batchHeader) {
		return nil, 0, false, nil
	}
	body := b[batchHeader : batchHeader+int(n)]
	if batchSum(salt, b[:8], body) != binary.LittleEndian.Uint32(b[8:]) {
		return nil, 0, false, nil
	}
	r := reader{rest: body}
	for len(r.rest) > 0 {
		c, err := r.readChange()
		if err != nil {
			return nil, 0, false, err
		}
		changes = append(changes, c)
	}
	return changes, batchHeader + int(n), true, nil
}
