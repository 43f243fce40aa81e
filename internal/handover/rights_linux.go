package handover

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// supported is nil where the platform can move connections.
var supported error

// appendRights returns the control message that passes descriptors to another process.
func encodeRights(files []int) []byte {
	if len(files) == 0 {
		return nil
	}
	return unix.UnixRights(files...)
}

// rightsSize is the size of the largest control message that is received.
var rightsSize = unix.CmsgSpace(4 * maxRights)

// parseRights returns the descriptors in what recvmsg(2) has returned. If there is an error, it has closed them.
func parseRights(control []byte, flags int) (files []int, err error) {
	messages, err := unix.ParseSocketControlMessage(control)
	for i := range messages {
		got, parseErr := unix.ParseUnixRights(&messages[i])
		files, err = append(files, got...), errors.Join(err, parseErr)
	}
	if flags&unix.MSG_CTRUNC != 0 {
		err = errors.Join(err, errors.New("handover: descriptors were lost: this process has as many as it may have; raise its limit (RLIMIT_NOFILE)"))
	}
	if err != nil {
		for _, file := range files {
			closeFile(file)
		}
		return nil, err
	}
	return files, nil
}

// Duplicate returns another descriptor for the same file, which is closed in child processes.
func Duplicate(file int) (int, error) { return unix.FcntlInt(uintptr(file), unix.F_DUPFD_CLOEXEC, 3) } //nolint:gosec // a descriptor is not negative

// CloseFile closes a descriptor that Duplicate has returned.
func CloseFile(file int) { _ = unix.Close(file) }

func closeFile(file int) { CloseFile(file) }

// tooMany reports whether the kernel has refused descriptors because too many are on their way, which ends when the peer has received some.
func tooMany(err error) bool { return errors.Is(err, syscall.ETOOMANYREFS) }
