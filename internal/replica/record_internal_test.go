package replica

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"testing"
)

// randomPages returns pages that cannot be compressed.
func randomPages(numbers ...uint32) []Page {
	random := rand.New(rand.NewPCG(1, 2))
	pages := make([]Page, len(numbers))
	for i, number := range numbers {
		pages[i] = Page{number, make([]byte, PageSize)}
		for j := range pages[i].Data {
			pages[i].Data[j] = byte(random.Uint32())
		}
	}
	return pages
}

func TestEncodeFile(t *testing.T) {
	const count = 1000
	numbers := make([]uint32, count)
	for i := range numbers {
		numbers[i] = uint32(i + 1)
	}
	for name, rest := range map[string][]Page{
		"random pages": randomPages(numbers...),
		"empty pages": func() (pages []Page) {
			for _, number := range numbers {
				pages = append(pages, Page{number, make([]byte, PageSize)})
			}
			return pages
		}(),
	} {
		all, decoded := rest, []Page(nil)
		for len(rest) > 0 {
			file, more, err := encodeFile(rest, count, 7)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			one := record{kind: transaction, token: 1 << 63, previous: 1 << 63, tx: 7, first: true, last: true, replaced: true, file: file}
			if got := len(one.bytes()); got > MaxRecord {
				t.Fatalf("%s: a record has %d bytes, expected at most %d", name, got, MaxRecord)
			}
			if len(more) == len(rest) {
				t.Fatalf("%s: a file has no pages", name)
			}
			pages, size, err := decodeFile(file, 7)
			if err != nil || size != count {
				t.Fatalf("%s: the file is decoded with error %v and a database of %d pages, expected %d", name, err, size, count)
			}
			decoded, rest = append(decoded, pages...), more
		}
		if len(decoded) != len(all) {
			t.Fatalf("%s: %d pages are decoded, expected %d", name, len(decoded), len(all))
		}
		for i := range all {
			if decoded[i].Number != all[i].Number || !bytes.Equal(decoded[i].Data, all[i].Data) {
				t.Fatalf("%s: page %d is not decoded as it was encoded", name, all[i].Number)
			}
		}
	}
}

func FuzzRecord(f *testing.F) {
	file, _, err := encodeFile([]Page{{1, bytes.Repeat([]byte("page"), PageSize/4)}, {2, make([]byte, PageSize)}}, 2, 3)
	if err != nil {
		f.Fatal(err)
	}
	for _, one := range []record{
		{kind: take, token: 5, previous: 4, tx: 2, node: "a"},
		{kind: transaction, token: 5, previous: 4, tx: 3, first: true, last: true, file: file},
	} {
		f.Add(one.bytes()[4:])
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		b := binary.LittleEndian.AppendUint32(nil, crc32.Checksum(content, castagnoli))
		one, err := parseRecord(append(b, content...))
		if err != nil {
			return
		}
		pages, size, err := decodeFile(one.file, one.tx)
		if err != nil {
			return
		}
		for _, p := range pages {
			if p.Number == 0 || p.Number > size || len(p.Data) != PageSize {
				t.Errorf("a file has page %d with %d bytes in a database of %d pages", p.Number, len(p.Data), size)
			}
		}
	})
}
