package modules

import (
	"errors"
	"time"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/script"
	"github.com/lingerws/linger/worker/internal/storage"
)

// cursors are the results of SQL statements that were not read to their end, by their numbers.
type cursors struct {
	byNumber map[int]openCursor
	last     int
}

type openCursor struct {
	object int
	cursor *storage.Cursor
}

// maxCursors bounds the cursors of a runtime that were not read to their end.
const maxCursors = 1000

// rowsAtOnce is the number of rows that are passed to the script together.
const rowsAtOnce = 256

// storageFunctions returns the functions about the storage of an object. The number of the object is their first argument.
func (t *Table) storageFunctions() map[string]function {
	return map[string]function{
		// storageGet(object, keys) returns a list with the text of each value, or undefined.
		"storageGet": t.onStorage(func(s *storage.Object, a arguments) (engine.Value, error) {
			var values []engine.Value
			for _, key := range a.texts(1) {
				value, err := s.Get(key)
				if err != nil {
					return nothing, err
				}
				values = append(values, storedValue(value))
			}
			return engine.List(values...), nil
		}),
		// storagePut(object, unconfirmed, keys, values)
		"storagePut": t.onWritten(func(s *storage.Object, a arguments) (engine.Value, error) {
			keys, values := a.texts(2), a.texts(3)
			pairs := make([]storage.Pair, len(keys))
			for i, key := range keys {
				pairs[i] = storage.Pair{Key: key, Value: []byte(values[i])}
			}
			return nothing, s.Put(pairs...)
		}),
		// storageDelete(object, unconfirmed, keys) returns the number of keys that had values.
		"storageDelete": t.onWritten(func(s *storage.Object, a arguments) (engine.Value, error) {
			n, err := s.Delete(a.texts(2)...)
			return engine.Int(n), err
		}),
		// storageList(object, prefix, start, startAfter, end, reverse, limit) returns a flat list of keys and values.
		"storageList": t.onStorage(func(s *storage.Object, a arguments) (engine.Value, error) {
			var list []engine.Value
			err := s.List(listOptions(a), func(p storage.Pair) bool {
				list = append(list, engine.String(p.Key), storedValue(p.Value))
				return true
			})
			return engine.List(list...), err
		}),
		// storageDeleteAll(object, unconfirmed, keepAlarm)
		"storageDeleteAll": t.onWritten(func(s *storage.Object, a arguments) (engine.Value, error) {
			if !a.bool(2) {
				t.host.AlarmChanged(a.int(0))
			}
			return nothing, s.DeleteAll(a.bool(2))
		}),
		// storageSize(object) returns the size of the database in bytes.
		"storageSize": t.onStorage(func(s *storage.Object, _ arguments) (engine.Value, error) {
			size, err := s.Size()
			return engine.Number(float64(size)), err
		}),
		// storageBegin(object), storageRelease(object) and storageRollback(object) begin and end a transaction.
		"storageBegin":    t.onStorage(func(s *storage.Object, _ arguments) (engine.Value, error) { return nothing, s.Begin() }),
		"storageRelease":  t.onStorage(func(s *storage.Object, _ arguments) (engine.Value, error) { return nothing, s.Release() }),
		"storageRollback": t.onStorage(func(s *storage.Object, _ arguments) (engine.Value, error) { return nothing, s.Rollback() }),
	}
}

// alarmFunctions returns the functions about the alarm of an object, and about its SQL statements. The number of the object is their first
// argument.
func (t *Table) alarmFunctions() map[string]function {
	return map[string]function{
		// storageAlarm(object) returns the time of the alarm in milliseconds, or null.
		"storageAlarm": t.onStorage(func(s *storage.Object, a arguments) (engine.Value, error) {
			at, ok, err := s.Alarm()
			if err != nil || !ok || t.host.IsAlarmHandled(a.int(0)) {
				return engine.Null(), err
			}
			return engine.Number(float64(at.UnixMilli())), nil
		}),
		// storageSetAlarm(object, unconfirmed, time)
		"storageSetAlarm": t.onWritten(func(s *storage.Object, a arguments) (engine.Value, error) {
			t.host.AlarmChanged(a.int(0))
			return nothing, s.SetAlarm(time.UnixMilli(int64(a.at(2).Float())))
		}),
		// storageDeleteAlarm(object, unconfirmed)
		"storageDeleteAlarm": t.onWritten(func(s *storage.Object, a arguments) (engine.Value, error) {
			t.host.AlarmChanged(a.int(0))
			return nothing, s.DeleteAlarm()
		}),
		// storageSync(object, number) calls synced(number) when everything that was written is durable.
		"storageSync": command(func(a arguments) { t.host.Sync(a.int(1), a.int(0)) }),
		// sqlExec(object, statements, parameters) returns [cursor, columns, rows, read, written]. cursor is 0 if there are no other rows.
		"sqlExec": t.onStorage(t.execute),
		// sqlNext(object, cursor) returns [cursor, rows, read, written].
		"sqlNext": t.onStorage(func(_ *storage.Object, a arguments) (engine.Value, error) { return t.nextRows(a.int(1), rowsAtOnce) }),
		// sqlClose(cursor) ends a cursor that is not needed.
		"sqlClose": command(func(a arguments) { t.closeCursor(a.int(0)) }),
	}
}

// onStorage returns a function that uses the storage of an object.
func (t *Table) onStorage(use func(s *storage.Object, a arguments) (engine.Value, error)) function {
	return func(a arguments) (engine.Value, error) { return t.useStorage(a, false, use) }
}

// onWritten returns a function that writes to the storage of an object. If its second argument is true, what the object sends does not wait
// until that is durable.
func (t *Table) onWritten(use func(s *storage.Object, a arguments) (engine.Value, error)) function {
	return func(a arguments) (engine.Value, error) { return t.useStorage(a, a.bool(1), use) }
}

func (t *Table) useStorage(a arguments, unconfirmed bool, use func(s *storage.Object, a arguments) (engine.Value, error)) (result engine.Value, err error) {
	err = t.host.UseStorage(a.int(0), unconfirmed, func(s *storage.Object) error {
		s.StopWhen(t.interrupted)
		result, err = use(s, a)
		return err
	})
	return result, storageError(err)
}

// storageError returns the errors that an application causes as exceptions with their texts.
func storageError(err error) error {
	var sql *storage.SQLError
	if storage.IsTooBig(err) && !errors.As(err, &sql) {
		return &script.Throw{Name: "RangeError", Message: "A value must not be larger than 2 MiB when it is serialized"}
	}
	if errors.As(err, &sql) || errors.Is(err, storage.ErrTransactionStatement) || errors.Is(err, storage.ErrNoStatement) ||
		errors.Is(err, storage.ErrParametersBeforeLast) || errors.Is(err, storage.ErrParameterCount) || errors.Is(err, storage.ErrInTransaction) {
		return &script.Throw{Name: "Error", Message: err.Error()}
	}
	return err
}

// storedValue returns the text of a value, undefined if there is none.
func storedValue(value []byte) engine.Value {
	if value == nil {
		return nothing
	}
	return engine.Text(value)
}

// listOptions returns the options of storageList.
func listOptions(a arguments) storage.ListOptions {
	return storage.ListOptions{
		Prefix: a.text(1), Start: a.text(2), StartAfter: a.text(3), End: a.text(4), HasEnd: a.at(4).Kind() == engine.KindString,
		Reverse: a.bool(5), Limit: a.int(6),
	}
}

// execute implements sqlExec.
func (t *Table) execute(s *storage.Object, a arguments) (engine.Value, error) {
	var parameters []any
	for _, v := range a.at(2).List() {
		parameters = append(parameters, parameterOf(v))
	}
	cursor, err := s.Exec(a.text(1), parameters...)
	if err != nil {
		return nothing, err
	}
	var columns []engine.Value
	for _, name := range cursor.Columns() {
		columns = append(columns, engine.String(name))
	}
	if len(t.cursors.byNumber) >= maxCursors {
		cursor.Close()
		return nothing, &script.Throw{Name: "RangeError", Message: "too many SQL cursors were not read to their end: read them, or use toArray()"}
	}
	t.cursors.last++
	if t.cursors.byNumber == nil {
		t.cursors.byNumber = map[int]openCursor{}
	}
	t.cursors.byNumber[t.cursors.last] = openCursor{a.int(0), cursor}
	result, err := t.nextRows(t.cursors.last, 1)
	if err != nil {
		return nothing, err
	}
	list := result.List()
	return engine.List(list[0], engine.List(columns...), list[1], list[2], list[3]), nil
}

// parameterOf returns a value of a script as the parameter of a statement.
func parameterOf(v engine.Value) any {
	if v.Kind() == engine.KindNumber {
		return v.Float()
	}
	if v.Kind() == engine.KindBytes {
		return append([]byte{}, v.Bytes()...)
	}
	if v.Kind() == engine.KindString {
		return v.String()
	}
	return nil
}

// nextRows returns the next rows of a cursor, n at most, as sqlNext does.
func (t *Table) nextRows(number, n int) (engine.Value, error) {
	open, ok := t.cursors.byNumber[number]
	if !ok {
		return engine.List(engine.Int(0), engine.List(), engine.Int(0), engine.Int(0)), nil
	}
	var rows []engine.Value
	for len(rows) < n {
		row, err := open.cursor.Next()
		if err != nil {
			t.closeCursor(number)
			return nothing, err
		}
		if row == nil {
			t.closeCursor(number)
			number = 0
			break
		}
		values := make([]engine.Value, len(row))
		for i, v := range row {
			values[i] = columnValue(v)
		}
		rows = append(rows, engine.List(values...))
	}
	return engine.List(engine.Int(number), engine.List(rows...),
		engine.Number(float64(open.cursor.RowsRead())), engine.Number(float64(open.cursor.RowsWritten()))), nil
}

// columnValue returns a value of a row. Integers become numbers, as on the platform.
func columnValue(v any) engine.Value {
	switch v := v.(type) {
	case int64:
		return engine.Number(float64(v))
	case float64:
		return engine.Number(v)
	case string:
		return engine.String(v)
	case []byte:
		return engine.Bytes(v)
	}
	return engine.Null()
}

// closeCursor ends a cursor.
func (t *Table) closeCursor(number int) {
	if open, ok := t.cursors.byNumber[number]; ok {
		open.cursor.Close()
		delete(t.cursors.byNumber, number)
	}
}
