package sqlite

import (
	"crypto/rand"
	"errors"
	"io"
	"strconv"
	"sync"
	"time"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// File is the file of a database. Offsets and sizes are in bytes. SQLite writes whole pages.
type File interface {
	ReadAt(p []byte, offset int64) (int, error) // returns io.EOF with fewer bytes at the end of the file
	WriteAt(p []byte, offset int64) (int, error)
	Truncate(size int64) error
	Size() (int64, error)
}

// ErrFull is an error of a File that has no room, for which SQLite reports FULL.
var ErrFull = errors.New("the database is full")

// files has the open files by their numbers, which are their names in SQLite.
var files struct {
	mu   sync.RWMutex
	last int64
	open map[int64]File
}

// register returns a number for f.
func register(f File) int64 {
	files.mu.Lock()
	defer files.mu.Unlock()
	if files.open == nil {
		files.open = map[int64]File{}
	}
	files.last++
	files.open[files.last] = f
	return files.last
}

func unregister(number int64) {
	files.mu.Lock()
	defer files.mu.Unlock()
	delete(files.open, number)
}

// openFile is the sqlite3_file of this VFS.
type openFile struct {
	methods lib.Tsqlite3_file
	number  int64
}

// fileOf returns the File of a sqlite3_file.
func fileOf(p uintptr) File {
	files.mu.RLock()
	defer files.mu.RUnlock()
	return files.open[at[openFile](p).number]
}

const vfsName = "linger"

// methods is the sqlite3_io_methods of all files, in memory of SQLite.
var methods uintptr

// registerVFS makes the VFS of this package known to SQLite, once.
var registerVFS = sync.OnceValue(func() error {
	tls := enter()
	defer leave(tls)
	if rc := lib.Xsqlite3_initialize(tls); rc != lib.SQLITE_OK {
		return failed(tls, rc)
	}
	methods = lib.Xsqlite3_malloc(tls, int32(unsafe.Sizeof(lib.Tsqlite3_io_methods{})))
	vfs := lib.Xsqlite3_malloc(tls, int32(unsafe.Sizeof(lib.Tsqlite3_vfs{})))
	name := allocate(tls, vfsName)
	if methods == 0 || vfs == 0 || name == 0 {
		return failed(tls, lib.SQLITE_NOMEM)
	}
	*at[lib.Tsqlite3_io_methods](methods) = lib.Tsqlite3_io_methods{
		FiVersion:               1,
		FxClose:                 pointerTo(closeFile),
		FxRead:                  pointerTo(readFile),
		FxWrite:                 pointerTo(writeFile),
		FxTruncate:              pointerTo(truncateFile),
		FxSync:                  pointerTo(ignore),
		FxFileSize:              pointerTo(fileSize),
		FxLock:                  pointerTo(ignore),
		FxUnlock:                pointerTo(ignore),
		FxCheckReservedLock:     pointerTo(checkReservedLock),
		FxFileControl:           pointerTo(fileControl),
		FxSectorSize:            pointerTo(sectorSize),
		FxDeviceCharacteristics: pointerTo(deviceCharacteristics),
	}
	*at[lib.Tsqlite3_vfs](vfs) = lib.Tsqlite3_vfs{
		FiVersion:          2,
		FszOsFile:          int32(unsafe.Sizeof(openFile{})),
		FmxPathname:        64,
		FzName:             name,
		FxOpen:             pointerTo(open),
		FxDelete:           pointerTo(remove),
		FxAccess:           pointerTo(access),
		FxFullPathname:     pointerTo(fullPathname),
		FxRandomness:       pointerTo(randomness),
		FxSleep:            pointerTo(sleep),
		FxCurrentTime:      pointerTo(currentTime),
		FxGetLastError:     pointerTo(getLastError),
		FxCurrentTimeInt64: pointerTo(currentTimeInt64),
	}
	if rc := lib.Xsqlite3_vfs_register(tls, vfs, 0); rc != lib.SQLITE_OK {
		return failed(tls, rc)
	}
	return nil
})

// open opens a registered file. Other files, such as those of a journal, cannot be opened.
func open(_ *libc.TLS, _, name, file uintptr, flags int32, outFlags uintptr) int32 {
	f := at[openFile](file)
	f.methods.FpMethods = 0
	number, err := strconv.ParseInt(textAt(name), 10, 64)
	if err != nil || flags&lib.SQLITE_OPEN_MAIN_DB == 0 {
		return lib.SQLITE_CANTOPEN
	}
	*f = openFile{lib.Tsqlite3_file{FpMethods: methods}, number}
	if outFlags != 0 {
		*at[int32](outFlags) = flags
	}
	return lib.SQLITE_OK
}

func remove(_ *libc.TLS, _, _ uintptr, _ int32) int32 { return lib.SQLITE_OK }

// access reports that no file exists: journals are in memory.
func access(_ *libc.TLS, _, _ uintptr, _ int32, result uintptr) int32 {
	*at[int32](result) = 0
	return lib.SQLITE_OK
}

func fullPathname(_ *libc.TLS, _, name uintptr, size int32, result uintptr) int32 {
	text := textAt(name)
	if len(text) >= int(size) {
		return lib.SQLITE_CANTOPEN
	}
	b := memory(result, len(text)+1)
	copy(b, text)
	b[len(text)] = 0
	return lib.SQLITE_OK
}

func randomness(_ *libc.TLS, _ uintptr, n int32, result uintptr) int32 {
	_, _ = rand.Read(memory(result, int(n))) // never fails
	return n
}

// sleep does not sleep: a database has one connection, so nothing is busy.
func sleep(_ *libc.TLS, _ uintptr, microseconds int32) int32 { return microseconds }

// julianEpoch is the Julian day of 1970-01-01, in milliseconds.
const julianEpoch = 24405875 * 8640000

func currentTimeInt64(_ *libc.TLS, _, result uintptr) int32 {
	*at[int64](result) = julianEpoch + time.Now().UnixMilli()
	return lib.SQLITE_OK
}

func currentTime(_ *libc.TLS, _, result uintptr) int32 {
	*at[float64](result) = float64(julianEpoch+time.Now().UnixMilli()) / 86400000
	return lib.SQLITE_OK
}

func getLastError(*libc.TLS, uintptr, int32, uintptr) int32 { return 0 }

func closeFile(*libc.TLS, uintptr) int32 { return lib.SQLITE_OK }

func readFile(_ *libc.TLS, file, buffer uintptr, n int32, offset int64) int32 {
	b := memory(buffer, int(n))
	read, err := fileOf(file).ReadAt(b, offset)
	switch {
	case read == len(b):
		return lib.SQLITE_OK
	case err == nil, errors.Is(err, io.EOF):
		clear(b[read:]) // SQLite expects zeros after the end of the file
		return lib.SQLITE_IOERR_SHORT_READ
	}
	return lib.SQLITE_IOERR_READ
}

func writeFile(_ *libc.TLS, file, buffer uintptr, n int32, offset int64) int32 {
	return result(lib.SQLITE_IOERR_WRITE, func() error {
		_, err := fileOf(file).WriteAt(memory(buffer, int(n)), offset)
		return err
	})
}

func truncateFile(_ *libc.TLS, file uintptr, size int64) int32 {
	return result(lib.SQLITE_IOERR_TRUNCATE, func() error { return fileOf(file).Truncate(size) })
}

func fileSize(_ *libc.TLS, file, size uintptr) int32 {
	return result(lib.SQLITE_IOERR_FSTAT, func() (err error) {
		*at[int64](size), err = fileOf(file).Size()
		return err
	})
}

// result returns the result code of an operation: failed if it fails, unless its File is full.
func result(failed int32, operation func() error) int32 {
	switch err := operation(); {
	case err == nil:
		return lib.SQLITE_OK
	case errors.Is(err, ErrFull):
		return lib.SQLITE_FULL
	}
	return failed
}

// ignore is the method for locks and syncs, which a database with one connection does not need.
func ignore(*libc.TLS, uintptr, int32) int32 { return lib.SQLITE_OK }

func checkReservedLock(_ *libc.TLS, _, result uintptr) int32 {
	*at[int32](result) = 0
	return lib.SQLITE_OK
}

func fileControl(*libc.TLS, uintptr, int32, uintptr) int32 { return lib.SQLITE_NOTFOUND }

func sectorSize(*libc.TLS, uintptr) int32 { return PageSize }

func deviceCharacteristics(*libc.TLS, uintptr) int32 {
	return lib.SQLITE_IOCAP_POWERSAFE_OVERWRITE | lib.SQLITE_IOCAP_SAFE_APPEND | lib.SQLITE_IOCAP_SEQUENTIAL
}
