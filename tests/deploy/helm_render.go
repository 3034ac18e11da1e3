// SPDX-License-Identifier: Apache-2.0
//
// Renders the Helm chart where there is no helm: the same template engine
// (text/template) and functions (sprig), with Helm's own on top. What Helm does
// beyond rendering (schema, merging of dependencies, hooks, the cluster) is not
// here. Runs from Debian's packages (golang-go, golang-github-masterminds-
// sprig-dev, golang-gopkg-yaml.v3-dev), not from the network.
//
//	helm_render CHART RELEASE NAMESPACE [VALUES.yaml...]
//
// Invariant: a value that the templates name and nobody gave is a mistake here,
// where Helm would print nothing.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"gopkg.in/yaml.v3"
)

type tree = map[string]interface{}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "helm_render:", err)
		os.Exit(1)
	}
}

// As in Helm all numbers become floating point: it reads YAML by way of JSON.
func readTree(path string) tree {
	var value interface{}
	data, err := os.ReadFile(path)
	check(err)
	check(yaml.Unmarshal(data, &value))
	data, err = json.Marshal(value)
	check(err)
	var out tree
	check(json.Unmarshal(data, &out))
	return out
}

// Objects are merged, all else is replaced, null removes.
func merge(into, from tree) {
	for key, value := range from {
		inner, isTree := value.(tree)
		old, wasTree := into[key].(tree)
		switch {
		case value == nil:
			delete(into, key)
		case isTree && wasTree:
			merge(old, inner)
		default:
			into[key] = value
		}
	}
}

func toYaml(value interface{}) (string, error) {
	data, err := json.Marshal(value)
	if err != nil {
		return "", err
	}
	var plain interface{} // JSON is YAML, and its numbers come back as integers
	if err = yaml.Unmarshal(data, &plain); err != nil {
		return "", err
	}
	data, err = yaml.Marshal(plain)
	return strings.TrimSuffix(string(data), "\n"), err
}

func newTemplates() *template.Template {
	all := template.New("chart").Option("missingkey=zero")
	funcs := sprig.TxtFuncMap()
	delete(funcs, "env") // Helm has neither
	delete(funcs, "expandenv")
	funcs["toYaml"] = toYaml
	funcs["include"] = func(name string, data interface{}) (string, error) {
		var out bytes.Buffer
		err := all.ExecuteTemplate(&out, name, data)
		return out.String(), err
	}
	funcs["required"] = func(text string, value interface{}) (interface{}, error) {
		if value == nil || value == "" {
			return nil, fmt.Errorf("%s", text)
		}
		return value, nil
	}
	return all.Funcs(funcs)
}

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: helm_render CHART RELEASE NAMESPACE [VALUES.yaml...]")
		os.Exit(2)
	}
	chart, values := os.Args[1], readTree(filepath.Join(os.Args[1], "values.yaml"))
	for _, file := range os.Args[4:] {
		merge(values, readTree(file))
	}
	meta := tree{}
	for key, value := range readTree(filepath.Join(chart, "Chart.yaml")) {
		meta[strings.ToUpper(key[:1])+key[1:]] = value
	}
	meta["AppVersion"] = fmt.Sprint(meta["AppVersion"])
	data := tree{"Values": values, "Chart": meta, "Release": tree{"Name": os.Args[2],
		"Namespace": os.Args[3], "Service": "Helm", "IsInstall": true, "IsUpgrade": false, "Revision": 1}}

	files, err := filepath.Glob(filepath.Join(chart, "templates", "*"))
	check(err)
	sort.Strings(files)
	all := newTemplates()
	for _, file := range files {
		text, err := os.ReadFile(file)
		check(err)
		_, err = all.New(filepath.Base(file)).Parse(string(text))
		check(err)
	}
	for _, file := range files {
		var out bytes.Buffer
		name := filepath.Base(file)
		if strings.HasPrefix(name, "_") {
			continue
		}
		check(all.ExecuteTemplate(&out, name, data))
		if strings.Contains(out.String(), "<no value>") {
			check(fmt.Errorf("%s: a value is missing:\n%s", name, out.String()))
		}
		if name == "NOTES.txt" {
			fmt.Fprint(os.Stderr, out.String())
		} else if strings.TrimSpace(out.String()) != "" {
			fmt.Printf("---\n# Source: %s\n%s\n", name, out.String())
		}
	}
}
