package storage

import (
	"strings"

	"github.com/lingerws/linger/worker/internal/storage/sqlite"
)

// guard has the rules for statements of the application, which are those of the platform. Statements of this package have none.
type guard struct {
	on          bool            // a statement of the application is prepared or runs
	transaction bool            // it was refused because it begins or ends a transaction
	schema      bool            // it changes the schema
	alters      bool            // it changes a table, whose new name is not known before
	writes      []sqlite.Access // the tables that it inserts into, and the columns that it updates
}

// begin makes the rules apply to a statement, until end.
func (g *guard) begin() { *g = guard{on: true, writes: g.writes[:0]} }

func (g *guard) end() { g.on = false }

// limits are those of the platform for SQLite in objects.
var limits = map[sqlite.Limit]int{
	sqlite.LimitLength:            2_200_000,
	sqlite.LimitSQLLength:         100_000,
	sqlite.LimitColumn:            100,
	sqlite.LimitExprDepth:         100,
	sqlite.LimitCompoundSelect:    5,
	sqlite.LimitVDBEOp:            25_000,
	sqlite.LimitAttached:          0,
	sqlite.LimitLikePatternLength: 50,
	sqlite.LimitVariableNumber:    100,
	sqlite.LimitTriggerDepth:      10,
}

func (g *guard) install(c *sqlite.Conn) {
	for limit, value := range limits {
		c.SetLimit(limit, value)
	}
	c.Authorize(g.allow)
}

// allow reports whether the statement may do something.
func (g *guard) allow(a sqlite.Access) bool {
	if !g.on {
		return true
	}
	g.note(a)
	switch a.Action {
	case sqlite.Transaction, sqlite.Savepoint:
		g.transaction = true
		return false
	case sqlite.Attach, sqlite.Detach,
		sqlite.CreateTempIndex, sqlite.CreateTempTable, sqlite.CreateTempTrigger, sqlite.CreateTempView,
		sqlite.DropTempIndex, sqlite.DropTempTable, sqlite.DropTempTrigger, sqlite.DropTempView:
		return false
	case sqlite.Pragma:
		return pragmas[strings.ToLower(a.First)] && !isInternal(a.Second)
	case sqlite.Function:
		return !forbiddenFunctions[strings.ToLower(a.Second)]
	case sqlite.CreateVTable:
		return modules[strings.ToLower(a.Second)] && !isInternal(a.First)
	case sqlite.Read:
		return !isInternal(a.First) && !forbiddenTables[strings.ToLower(a.First)]
	case sqlite.CreateIndex, sqlite.CreateTable, sqlite.CreateTrigger, sqlite.CreateView, sqlite.Delete, sqlite.DropIndex,
		sqlite.DropTable, sqlite.DropTrigger, sqlite.DropView, sqlite.Insert, sqlite.Update, sqlite.AlterTable, sqlite.DropVTable,
		sqlite.Reindex, sqlite.Analyze:
		return !isInternal(a.First) && !isInternal(a.Second)
	case sqlite.Select, sqlite.Recursive:
	}
	return true
}

// note records what a statement does.
func (g *guard) note(a sqlite.Access) {
	switch a.Action { //nolint:exhaustive // the others change no rows that are counted
	case sqlite.Insert, sqlite.Update:
		g.writes = append(g.writes, a)
	case sqlite.AlterTable:
		g.alters, g.schema = true, true
	case sqlite.CreateTable, sqlite.CreateIndex, sqlite.DropTable, sqlite.DropIndex, sqlite.CreateVTable, sqlite.DropVTable:
		g.schema = true
	}
}

// isInternal reports whether a name is one of those that the platform reserves for itself.
func isInternal(name string) bool {
	const prefix = "_cf_"
	return len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix)
}

func setOf(names string) map[string]bool {
	set := map[string]bool{}
	for name := range strings.FieldsSeq(names) {
		set[name] = true
	}
	return set
}

var (
	// pragmas are those that the platform allows.
	pragmas = setOf(`case_sensitive_like data_version defer_foreign_keys foreign_key_check foreign_key_list foreign_keys
		ignore_check_constraints index_info index_list index_xinfo legacy_alter_table optimize page_size quick_check recursive_triggers
		reverse_unordered_selects table_info table_list table_xinfo`)
	modules            = setOf("fts5 fts5vocab rtree")
	forbiddenFunctions = setOf(`fts3_tokenizer sqlite_compileoption_get sqlite_compileoption_used sqlite_log
		sqlite_offset sqlite_source_id sqlite_version`)
	forbiddenTables = setOf("dbstat sqlite_dbpage sqlite_stmt")
)
