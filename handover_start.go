package linger

import (
	"net"
	"os/exec"

	"github.com/lingerws/linger/internal/handover"
)

// NewProcess is a process that [StartNewProcess] has started. Its Link is for [Server.Handover], its methods Kill and Exited are for
// the options of that name. Err blocks until the process has ended, and returns how, as Wait of [exec.Cmd] does.
type NewProcess = handover.Child

// StartNewProcess starts a command that takes over the connections of this process. The command gets the link as descriptor 3 and finds it
// with [InheritedLink]; the files of ExtraFiles follow it. The caller must not call Wait of the command. The new process does
// not end with this one. It works on Linux; elsewhere the error wraps [errors.ErrUnsupported].
func StartNewProcess(command *exec.Cmd) (*NewProcess, error) { return handover.Start(command) }

// InheritedLink returns the link to the old process, for [Server.Receive], or nil if this process was not started by
// [StartNewProcess]. It is called once, before this process starts others.
func InheritedLink() (*net.UnixConn, error) { return handover.Inherited() }

// RefuseHandover says to the old process why this one cannot take over, and closes the link. The text of reason is in the error of
// [Server.Handover]. The program should end then.
func RefuseHandover(link *net.UnixConn, reason error) error { return handover.Refuse(link, reason) }
