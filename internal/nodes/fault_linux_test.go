package nodes

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"
)

// fault is something that breaks for a time.
type fault struct {
	name   string
	begin  func(t *testing.T)
	end    func(t *testing.T)
	length time.Duration
}

// cutOneWay loses what one node sends to another.
func cutOneWay(from, to *node) fault {
	return fault{
		name:   fmt.Sprintf("%s cannot send to %s", from.name, to.name),
		begin:  func(t *testing.T) { from.cut(t, to.space) },
		end:    func(t *testing.T) { from.heal(t, to.space) },
		length: 5 * time.Second,
	}
}

// isolate cuts a node off from all others: what it sends, what they send to it, or both.
func isolate(alone *node, nodes []*node, sends, receives bool) fault {
	each := func(do func(from, to *node)) {
		for _, other := range nodes {
			if other != alone && sends {
				do(alone, other)
			}
			if other != alone && receives {
				do(other, alone)
			}
		}
	}
	return fault{
		name:   fmt.Sprintf("%s is cut off (what it sends: %t, what is sent to it: %t)", alone.name, sends, receives),
		begin:  func(t *testing.T) { each(func(from, to *node) { from.cut(t, to.space) }) },
		end:    func(t *testing.T) { each(func(from, to *node) { from.heal(t, to.space) }) },
		length: 2 * lease,
	}
}

// killed kills a node, and starts it again.
func killed(n *node) fault {
	return fault{
		name:   n.name + " is killed",
		begin:  func(*testing.T) { n.kill() },
		end:    func(*testing.T) { n.start() },
		length: 2 * lease,
	}
}

// restarted ends a node as planned, and starts it again.
func restarted(n *node) fault {
	return fault{
		name: n.name + " is restarted",
		begin: func(t *testing.T) {
			n.signal(syscall.SIGTERM)
			select {
			case <-n.ended:
			case <-time.After(timeout):
				t.Errorf("%s must end within %v after SIGTERM", n.name, timeout)
			}
			n.kill()
		},
		end:    func(*testing.T) { n.start() },
		length: time.Second,
	}
}

// suspended stops a node for longer than its lease, so that it finds its objects elsewhere when it goes on. It sees no error: it can find out only
// by its own monotonic clock and by what other nodes have stored.
func suspended(n *node) fault {
	return fault{
		name:   n.name + " is suspended",
		begin:  func(*testing.T) { n.signal(syscall.SIGSTOP) },
		end:    func(*testing.T) { n.signal(syscall.SIGCONT) },
		length: 2 * lease,
	}
}

// slow makes the link of a node slow: 1 Mbit/s, with a queue of 400 ms.
func slow(n *node) fault {
	return fault{
		name: n.name + " has a slow link",
		begin: func(t *testing.T) {
			n.do(func() { tc(t, "qdisc add dev eth0 root tbf rate 1mbit burst 16k latency 400ms") })
		},
		end:    func(t *testing.T) { n.do(func() { tc(t, "qdisc del dev eth0 root") }) },
		length: 5 * time.Second,
	}
}

// randomFault returns a fault of any kind.
func randomFault(nodes []*node) fault {
	i := rand.N(len(nodes))
	n, other := nodes[i], nodes[(i+1+rand.N(len(nodes)-1))%len(nodes)]
	switch rand.N(8) {
	case 0:
		return cutOneWay(n, other)
	case 1:
		return isolate(n, nodes, true, false)
	case 2:
		return isolate(n, nodes, false, true)
	case 3:
		return isolate(n, nodes, true, true)
	case 4:
		return killed(n)
	case 5:
		return restarted(n)
	case 6:
		return suspended(n)
	default:
		return slow(n)
	}
}

// leaderOf returns the node that leads the storage, or the first one if that is not known.
func leaderOf(nodes []*node) *node {
	for _, asked := range nodes {
		c, err := asked.cluster()
		for _, n := range nodes {
			if err == nil && n.name == c.Link.Storage.Leader {
				return n
			}
		}
	}
	return nodes[0]
}
