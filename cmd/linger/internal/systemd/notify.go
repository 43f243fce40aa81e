// Package systemd reports the state of a service to its service manager (sd_notify(3)), for units with Type=notify or
// Type=notify-reload, and for other managers that have the protocol.
package systemd

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// Notifier sends messages to the service manager. Without one, when the variable NOTIFY_SOCKET is missing, its methods do nothing, and
// neither do those of a nil Notifier. All methods may be called from any goroutine.
type Notifier struct {
	log   *slog.Logger
	queue chan string   // messages to be sent, by a goroutine, because a manager that is stuck blocks it; nil without a manager
	sent  chan struct{} // closed when that goroutine has ended

	mu     sync.Mutex
	status string // the last one that was sent
	closed bool   // the queue is closed
}

// maxQueued bounds the messages that wait for the manager. More of them are dropped.
const maxQueued = 64

// New returns a notifier. It logs the first message that cannot be sent.
func New(log *slog.Logger) *Notifier {
	n := &Notifier{log: log}
	if os.Getenv("NOTIFY_SOCKET") != "" {
		n.queue, n.sent = make(chan string, maxQueued), make(chan struct{})
		go n.sendQueued()
	}
	return n
}

// Enabled reports whether there is a service manager.
func (n *Notifier) Enabled() bool { return n != nil && n.queue != nil }

// Ready reports that the service can be used, after its start and after each Reloading.
func (n *Notifier) Ready() { n.send(daemon.SdNotifyReady) }

// Reloading reports that the service reads its configuration. Ready has to follow.
func (n *Notifier) Reloading() {
	n.send(daemon.SdNotifyReloading + "\n" + daemon.SdNotifyMonotonicUsec())
}

// Stopping reports that the service ends, and that this takes at most the given time, even if the manager has a shorter limit.
func (n *Notifier) Stopping(atMost time.Duration) {
	n.send(fmt.Sprintf("%s\nEXTEND_TIMEOUT_USEC=%d", daemon.SdNotifyStopping, atMost.Microseconds()))
}

// Succeeded reports that another process has become the main process of the service, and that the service can be used, after Reloading.
func (n *Notifier) Succeeded(pid int) {
	n.send(fmt.Sprintf("MAINPID=%d\n%s", pid, daemon.SdNotifyReady))
}

// Status reports the state of the service as text, for people, unless that text was the last one.
func (n *Notifier) Status(text string) {
	if !n.Enabled() {
		return
	}
	n.mu.Lock()
	same := n.status == text
	n.status = text
	n.mu.Unlock()
	if !same {
		n.send("STATUS=" + strings.ReplaceAll(text, "\n", " "))
	}
}

// Watch sends a sign of life to the manager, twice in the time that its unit allows (WatchdogSec), until stop is closed. It calls
// alive each time before, which blocks for ever if the service is stuck. It returns at once if the manager does not expect
// signs of life.
func (n *Notifier) Watch(stop <-chan struct{}, alive func()) {
	if !n.Enabled() {
		return
	}
	interval, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		n.log.Warn("the watchdog of the service manager is not served: WATCHDOG_USEC or WATCHDOG_PID is not a number", "error", err)
	}
	if interval <= 0 {
		return
	}
	ticker := time.NewTicker(interval / 2)
	defer ticker.Stop()
	for {
		alive()
		n.send(daemon.SdNotifyWatchdog)
		select {
		case <-ticker.C:
		case <-stop:
			return
		}
	}
}

// closeTimeout is the time that Close waits for a manager that is stuck.
const closeTimeout = 2 * time.Second

// Close waits until the messages have been sent, at most for two seconds. Further messages are dropped.
func (n *Notifier) Close() {
	if !n.Enabled() {
		return
	}
	n.mu.Lock()
	if !n.closed {
		n.closed = true
		close(n.queue)
	}
	n.mu.Unlock()
	select {
	case <-n.sent:
	case <-time.After(closeTimeout):
	}
}

// send queues a message.
func (n *Notifier) send(message string) {
	if !n.Enabled() {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return
	}
	select {
	case n.queue <- strings.TrimSpace(message):
	default:
	}
}

// sendQueued sends the messages in the queue. The first failure is logged; the others are likely to have the same cause.
func (n *Notifier) sendQueued() {
	defer close(n.sent)
	failed := false
	for message := range n.queue {
		if _, err := daemon.SdNotify(false, message); err != nil && !failed {
			failed = true
			n.log.Warn("the service manager cannot be notified at NOTIFY_SOCKET; this is logged once", "error", err)
		}
	}
}
