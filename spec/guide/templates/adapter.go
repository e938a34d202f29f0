// An adapter in Go. Put your implementation in the place of Node; the rest can stay.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"sort"
)

type object = map[string]any

type update struct {
	Key     string          `json:"key"`
	Value   json.RawMessage `json:"value"`
	Source  string          `json:"source_id"`
	Version int64           `json:"version"`
}

// Node is a small Scuttlebutt (the textbook profile), so that this template runs as it is.
type Node struct {
	name    string
	limit   int
	clock   map[string]int64
	store   map[string]update
	history []update
	named   map[string]map[string]bool
}

func less(a, b update) bool {
	return a.Version < b.Version || a.Version == b.Version && a.Source < b.Source
}

func (n *Node) take(u update) {
	if u.Version <= n.clock[u.Source] {
		return
	}
	n.clock[u.Source] = u.Version
	if held, ok := n.store[u.Key]; !ok || less(held, u) {
		n.store[u.Key] = u
	}
	n.history = append(n.history, u)
	sort.SliceStable(n.history, func(i, j int) bool { return less(n.history[i], n.history[j]) })
	if n.limit > 0 && len(n.history) > n.limit {
		n.history = n.history[len(n.history)-n.limit:]
	}
}

func (n *Node) gossip() []any {
	out := []any{}
	for source, version := range n.clock {
		out = append(out, object{"digest": true, "source_id": source, "version": version})
	}
	return append(out, object{"digest": true, "done": true})
}

func (n *Node) news(wanted func(update) bool) []any {
	out := []any{}
	for _, u := range n.history {
		if wanted(u) {
			out = append(out, u)
		}
	}
	return out
}

var reserved = map[string]bool{
	"__proto__": true, "constructor": true, "hasOwnProperty": true, "isPrototypeOf": true,
	"propertyIsEnumerable": true, "toLocaleString": true, "toString": true, "valueOf": true,
	"__defineGetter__": true, "__defineSetter__": true, "__lookupGetter__": true, "__lookupSetter__": true,
}

var (
	errName    = errors.New("no name")
	errMessage = errors.New("no message")
)

// isName tells whether a text can be a key or an id: no property of every JavaScript object.
func isName(name *string, empty bool) bool {
	return name != nil && !reserved[*name] && (empty || *name != "")
}

// hear takes what a peer sends, which may be anything.
func (n *Node) hear(peer string, raw json.RawMessage) ([]any, error) {
	var said struct {
		Digest  *bool           `json:"digest"`
		Done    bool            `json:"done"`
		Source  *string         `json:"source_id"`
		Key     *string         `json:"key"`
		Value   json.RawMessage `json:"value"`
		Version json.RawMessage `json:"version"`
	}
	if err := json.Unmarshal(raw, &said); err != nil {
		return nil, err
	}
	if said.Digest != nil && !*said.Digest {
		return nil, errMessage
	}
	named := n.named[peer]
	if named == nil {
		named = map[string]bool{}
		n.named[peer] = named
	}
	if said.Digest != nil && said.Done {
		delete(n.named, peer)
		return n.news(func(u update) bool { return !named[u.Source] }), nil
	}
	if !isName(said.Source, false) {
		return nil, errName
	}
	above := int64(-1) // {"$num":"-Infinity"}: nothing is known
	number := json.Unmarshal(said.Version, &above) == nil && string(said.Version) != "null"
	if said.Digest != nil {
		if !number && !bytes.Contains(said.Version, []byte("-Infinity")) {
			return nil, errMessage
		}
		named[*said.Source] = true
		return n.news(func(u update) bool { return u.Source == *said.Source && u.Version > above }), nil
	}
	if !isName(said.Key, true) || said.Value == nil || !number || above < 1 || above > 1<<53 {
		return nil, errMessage
	}
	n.take(update{*said.Key, said.Value, *said.Source, above})
	return []any{}, nil
}

// ---- the adapter: requests on standard input, answers on standard output -------------------------

type request struct {
	Op, Node, Key, From string
	ID                  int `json:"id"`
	Value, Message      json.RawMessage
	Nodes               []struct {
		Node, ID string
		Config   struct {
			Max any `json:"max_history"`
		}
	}
}

var nodes = map[string]*Node{}

func limit(given any) int {
	switch number := given.(type) {
	case float64:
		if number > 0 {
			return int(number)
		}
	case map[string]any: // {"$num":"Infinity"}
		return 0
	}
	return 10
}

func answer(q request) object {
	n := nodes[q.Node]
	switch q.Op {
	case "hello":
		return object{"ok": true, "version": 1, "sut": object{"name": "template", "language": "go"},
			"capabilities": []string{"set", "get", "write", "gossip", "inspect"}}
	case "init":
		nodes = map[string]*Node{}
		for _, each := range q.Nodes {
			nodes[each.Node] = &Node{name: each.ID, limit: limit(each.Config.Max), clock: map[string]int64{},
				store: map[string]update{}, history: []update{}, named: map[string]map[string]bool{}}
		}
		return object{"ok": true}
	case "bye":
		return object{"ok": true}
	case "set":
		if n.clock[n.name] >= 1<<53 {
			return object{"ok": false, "error": object{"kind": "rejected", "message": "no version is left"}}
		}
		n.take(update{q.Key, q.Value, n.name, n.clock[n.name] + 1})
		return object{"ok": true, "out": []any{}}
	case "gossip":
		return object{"ok": true, "out": n.gossip()}
	case "write":
		out, err := n.hear(q.From, q.Message)
		if err != nil {
			return object{"ok": false, "error": object{"kind": "rejected", "message": err.Error()}}
		}
		return object{"ok": true, "out": out}
	case "get":
		held, ok := n.store[q.Key]
		if !ok {
			return object{"ok": true, "result": object{"value": nil}}
		}
		return object{"ok": true, "result": object{"value": held.Value, "version": held.Version}}
	case "inspect":
		return object{"ok": true, "state": n.store, "clock": n.clock, "history": n.history}
	}
	return object{"ok": false, "error": object{"kind": "unsupported"}}
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<24)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var q request
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			continue
		}
		reply := answer(q)
		reply["re"] = q.ID
		if out.Encode(reply) != nil || q.Op == "bye" {
			return
		}
	}
}
