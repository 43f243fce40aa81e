package wasm

import (
	"container/list"
	"context"
	"crypto/sha256"
	"runtime"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// cacheSize bounds the modules whose machine code is kept when no Store uses them, so that an engine that wakes or is
// replaced need not compile them again. It is the sum of the sizes of the modules, not of their machine code, which is
// several times as large. The modules that were used last are kept.
const cacheSize = 32 << 20

// entrySize is added to the size of each module, so that the number of small modules is bounded too.
const entrySize = 64 << 10

// compilations is the cache of all Stores.
var compilations = sync.OnceValue(func() *cache { return newCache(cacheSize) })

// cache compiles modules, each once as long as it is kept. It is safe for concurrent use.
type cache struct {
	shared wazero.CompilationCache // the machine code of all modules that are kept or used

	mu      sync.Mutex // held while a module is compiled: other Stores that start at this time need the same module
	runtime wazero.Runtime
	room    int        // for more modules, in bytes
	order   *list.List // of *kept, the one that was used last first
	byHash  map[[sha256.Size]byte]*list.Element
}

// kept is a module whose machine code is kept.
type kept struct {
	hash     [sha256.Size]byte
	size     int
	compiled wazero.CompiledModule
}

func newCache(size int) *cache {
	c := &cache{shared: wazero.NewCompilationCache(), room: size, order: list.New(), byHash: map[[sha256.Size]byte]*list.Element{}}
	c.runtime = wazero.NewRuntimeWithConfig(context.Background(), c.config(maxPages))
	return c
}

// features are the parts of WebAssembly that modules may use.
const features = api.CoreFeaturesV2 | experimental.CoreFeaturesTailCall | experimental.CoreFeaturesExtendedConst

// config returns the configuration of a runtime that uses the cache.
func (c *cache) config(pages uint32) wazero.RuntimeConfig {
	return wazero.NewRuntimeConfig().
		WithCoreFeatures(features).
		WithMemoryLimitPages(pages).
		WithCompilationCache(c.shared)
}

// Prepare compiles a module for all Stores, so that Compile finds its machine code, as long as that is kept. It is safe for
// concurrent use.
func Prepare(module []byte) error {
	_, module, err := prepare(module)
	if err != nil {
		return err
	}
	return compilations().keep(module)
}

// keep compiles a module unless it is kept already, and removes others if there is no room.
func (c *cache) keep(module []byte) error {
	hash := sha256.Sum256(module)
	c.mu.Lock()
	defer c.mu.Unlock()
	if element, ok := c.byHash[hash]; ok {
		c.order.MoveToFront(element)
		return nil
	}
	ctx := experimental.WithCompilationWorkers(context.Background(), runtime.GOMAXPROCS(0))
	compiled, err := c.runtime.CompileModule(ctx, module)
	if err != nil {
		return err
	}
	size := len(module) + entrySize
	c.byHash[hash] = c.order.PushFront(&kept{hash, size, compiled})
	c.room -= size
	for c.room < 0 && c.order.Len() > 1 {
		last := c.order.Remove(c.order.Back()).(*kept) //nolint:forcetypeassert // the list has nothing else
		delete(c.byHash, last.hash)
		c.room += last.size
		_ = last.compiled.Close(context.Background())
	}
	return nil
}
