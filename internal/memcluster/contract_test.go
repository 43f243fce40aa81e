package memcluster_test

import (
	"testing"

	"github.com/lingerws/linger/internal/clustertest"
	"github.com/lingerws/linger/internal/memcluster"
)

func TestContract(t *testing.T) {
	c := memcluster.New()
	a, b := c.Join("a"), c.Join("b")
	defer b.Leave()
	defer a.Leave()
	t.Run("Records", func(t *testing.T) { clustertest.Records(t, a, b) })
	t.Run("Store", func(t *testing.T) { clustertest.Store(t, a.Store(), b.Store()) })
	t.Run("Log", func(t *testing.T) { clustertest.Log(t, a.Store(), b.Store()) })
}
