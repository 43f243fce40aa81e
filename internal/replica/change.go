package replica

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/superfly/ltx"
)

// PageSize is the size of the pages of every database, in bytes.
const PageSize = 4096

// Page is the content of a page of a database.
type Page struct {
	Number uint32 // the first page has the number 1
	Data   []byte // PageSize bytes
}

// Change is what a transaction has changed in a database.
type Change struct {
	Pages    []Page // in the order of their numbers
	Size     uint32 // the size of the database after the transaction, in pages
	Replaced bool   // the database was emptied first: pages that are not in Pages are zeros
}

// gathered is what several changes in a row amount to.
type gathered struct {
	pages    map[uint32][]byte
	size     uint32
	replaced bool
}

// add adds the next change. Later contents of a page replace earlier ones.
func (g *gathered) add(c *Change) {
	if g.pages == nil {
		g.pages = map[uint32][]byte{}
	}
	if c.Replaced {
		clear(g.pages)
		g.replaced = true
	}
	if c.Size < g.size {
		maps.DeleteFunc(g.pages, func(number uint32, _ []byte) bool { return number > c.Size })
	}
	g.size = c.Size
	for _, p := range c.Pages {
		g.pages[p.Number] = p.Data
	}
}

// change returns the changes as one.
func (g *gathered) change() *Change {
	c := &Change{Size: g.size, Replaced: g.replaced, Pages: make([]Page, 0, len(g.pages))}
	for _, number := range slices.Sorted(maps.Keys(g.pages)) {
		c.Pages = append(c.Pages, Page{number, g.pages[number]})
	}
	return c
}

// lockPage is the page with the bytes that SQLite locks, at 1 GiB. It is never written.
var lockPage = ltx.LockPgno(PageSize)

// maxFile bounds an LTX file, so that its record has at most MaxRecord bytes.
const maxFile = MaxRecord - maxHeader

// minTX is the number of the first transaction of a log. LTX files whose first transaction is 1 have the pages of a whole database.
const minTX = 2

// encodeFile returns an LTX file with pages of a database of a size, and the pages that did not fit. Its transactions are those up to tx.
func encodeFile(pages []Page, size uint32, tx uint64) (file []byte, rest []Page, err error) {
	var b bytes.Buffer
	encoder, err := ltx.NewEncoder(&b)
	if err != nil {
		return nil, nil, err
	}
	err = encoder.EncodeHeader(ltx.Header{
		Version: ltx.Version, Flags: ltx.HeaderFlagNoChecksum, PageSize: PageSize, Commit: size,
		MinTXID: minTX, MaxTXID: ltx.TXID(tx), Timestamp: time.Now().UnixMilli(),
	})
	n := 0
	for n < len(pages) && err == nil && (n == 0 || b.Len()+(n+2)*maxIndex+2*PageSize < maxFile) {
		if p := pages[n]; p.Number != lockPage {
			err = encoder.EncodePage(ltx.PageHeader{Pgno: p.Number}, p.Data)
		}
		n++
	}
	if err == nil {
		err = encoder.Close()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("encoding pages as LTX: %w", err)
	}
	return b.Bytes(), pages[n:], nil
}

// maxIndex bounds the entry of a page in the index of an LTX file, in bytes.
const maxIndex = 3 * binary.MaxVarintLen32

// decodeFile returns the pages of an LTX file, and the size of the database in pages. The error is the reason of a [DamageError].
func decodeFile(file []byte, tx uint64) (pages []Page, size uint32, err error) {
	decoder := ltx.NewDecoder(&pageReader{bytes.NewReader(file)})
	decoder.SetRetainPageIndex(false)
	if err := decoder.DecodeHeader(); err != nil {
		return nil, 0, err
	}
	header := decoder.Header()
	if header.PageSize != PageSize || !header.NoChecksum() || header.MaxTXID != ltx.TXID(tx) {
		return nil, 0, fmt.Errorf("its LTX file has pages of %d bytes and the transaction %d, expected %d and %d", header.PageSize, header.MaxTXID, PageSize, tx)
	}
	for last := uint32(0); ; {
		data, page := make([]byte, PageSize), ltx.PageHeader{}
		err := decoder.DecodePage(&page, data)
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil && (page.Pgno <= last || page.Pgno > header.Commit) {
			err = fmt.Errorf("its LTX file has page %d after page %d of a database with %d", page.Pgno, last, header.Commit)
		}
		if err != nil {
			return nil, 0, err
		}
		last = page.Pgno
		pages = append(pages, Page{page.Pgno, data})
	}
	return pages, header.Commit, decoder.Close()
}

// pageReader reads an LTX file for a decoder, which allocates as many bytes for a page as the file states.
type pageReader struct{ *bytes.Reader }

// errPageSize means that an LTX file has a compressed page that cannot be one.
var errPageSize = errors.New("its LTX file has a page that is too large")

// maxCompressed bounds a compressed page, in bytes.
const maxCompressed = 2 * PageSize

func (r *pageReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if len(p) == 4 && n == 4 && binary.BigEndian.Uint32(p) > maxCompressed { // the decoder reads nothing else with 4 bytes
		return 0, errPageSize
	}
	return n, err
}
