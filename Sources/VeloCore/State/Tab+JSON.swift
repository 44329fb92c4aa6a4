extension Tab {
    /// As it stands in the document of `brew bottle --json`, member for member.
    package var ordered: OrderedJSON {
        var members: [(String, OrderedJSON)] = [
            ("homebrew_version", .string(homebrewVersion)), ("changed_files", .init(changedFiles)),
            ("source_modified_time", .init(sourceModifiedTime)), ("compiler", .init(compiler)),
            ("runtime_dependencies", runtimeDependencies.map { .array($0.map(\.ordered)) } ?? .null),
            ("arch", .init(arch)), ("built_on", builtOn?.ordered ?? .null),
        ]
        if let builtPrefix { members.append(("built_prefix", .string(builtPrefix))) }
        if let binaryStrings { members.append(("binary_strings", .array(binaryStrings.map(\.ordered)))) }
        if let fixedFiles { members.append(("fixed_files", OrderedJSON(sorting: fixedFiles))) }
        if let boundPrefix { members.append(("bound_prefix", .string(boundPrefix))) }
        if let externals { members.append(("externals", OrderedJSON(sorting: externals))) }
        return .object(members)
    }
}

extension Tab.BinaryStrings {
    var ordered: OrderedJSON {
        .object([
            ("path", .string(path)),
            (
                "strings",
                .array(strings.map { .object([("offset", .number($0.offset)), ("length", .number($0.length))]) })
            ),
        ])
    }
}
