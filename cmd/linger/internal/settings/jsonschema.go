package settings

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// object is an object of JSON.
type object = map[string]any

// JSONSchema returns a JSON Schema of the file, by which editors complete, explain and check its keys.
func (s *Schema) JSONSchema(title string) ([]byte, error) {
	top := object{}
	for _, extra := range s.Extras {
		kind := "string"
		if extra.Table {
			kind = "object"
		}
		top[extra.Key] = object{"type": kind, "description": extra.Help}
	}
	tables := map[string]object{"": top}
	for _, section := range s.sections {
		tables[underscores(section)] = object{}
	}
	for path, setting := range s.keys {
		key := strings.TrimPrefix(path, setting.Section+".")
		tables[setting.Section][key] = setting.jsonSchema(path != setting.Path())
	}
	for section, properties := range tables {
		if section != "" && len(properties) > 0 {
			top[section] = object{"type": "object", "properties": properties, "additionalProperties": false}
		}
	}
	return json.MarshalIndent(object{
		"$schema": "http://json-schema.org/draft-07/schema#", "title": title,
		"type": "object", "properties": top, "additionalProperties": false,
	}, "", "  ")
}

// jsonSchema returns the schema of a setting, or of another name of it.
func (s *Setting) jsonSchema(isAlias bool) object {
	value := s.valueSchema()
	if s.IsSlice() {
		value = object{"anyOf": []object{value, {"type": "array", "items": value}}}
	}
	value["description"] = fmt.Sprintf("%s (--%s, %s)", s.Help, s.Name, s.Variable)
	if isAlias {
		value["description"] = "Another name of " + s.Path() + "."
		value["deprecated"] = true
	} else if s.HasDefault {
		value["default"] = json.RawMessage(s.defaultText())
	}
	return value
}

// valueSchema returns the schema of one value of a setting.
func (s *Setting) valueSchema() object {
	switch form := s.form(); {
	case s.Enum != "":
		return object{"enum": s.EnumSlice()}
	case form == boolForm:
		return object{"type": "boolean"}
	case form == wholeForm:
		return object{"type": "integer"}
	case form == numberForm:
		return object{"type": "number"}
	case s.IsBool():
		return object{"type": []string{"string", "boolean"}}
	case s.hasMapper() && s.element().Kind() != reflect.String: // a size is a string or a number of bytes
		return object{"type": []string{"string", "integer"}}
	}
	return object{"type": "string"}
}
