package import VeloFormula

/// A formula as Homebrew's JSON has it, on one platform or with what is different on others.
package struct FormulaDocument {
    private let file: TapFolder.File
    private let library: TapLibrary
    private let context: EvaluationContext

    package init(_ file: TapFolder.File, library: TapLibrary, context: EvaluationContext) {
        self.file = file
        self.library = library
        self.context = context
    }

    /// Compact JSON, as it is in the context. Blocking.
    package func write(to writer: inout JSONWriter) throws {
        let json = try json(in: context)
        writer.object { json.write(to: &$0) }
    }

    /// The same with `variations`: by bottle tag, the members that have another value there.
    ///
    /// Other platforms are looked at only if the class body asked for the platform anywhere. Blocking.
    package func writeWithVariations(to writer: inout JSONWriter) throws {
        let base = try json(in: context)
        var variations: [(tag: String, members: [ArraySlice<UInt8>])] = []
        if base.formula.dependsOnPlatform {
            let own = Members(base)
            for platform in Platform.homebrew4 where platform != context.platform {
                let differing = Members(try json(in: context.on(platform))).differing(from: own)
                if !differing.isEmpty { variations.append((PlatformTag(platform).description, differing)) }
            }
        }
        writer.object {
            base.write(to: &$0)
            $0.key("variations")
            $0.object {
                for (tag, members) in variations {
                    $0.key(tag)
                    $0.object { for member in members { $0.append(written: member) } }
                }
            }
        }
    }

    private func json(in context: EvaluationContext) throws -> FormulaJSON {
        let reading = try library.read(file, context: context)
        return FormulaJSON(
            reading.formula, caveats: reading.caveats, names: library.folder.names,
            versioned: library.versionedFormulae(of: file, context: context), context: context)
    }

    /// The members of an object, each as it was written.
    private struct Members {
        let bytes: [UInt8]
        let ranges: [Range<Int>]

        init(_ json: FormulaJSON) {
            var writer = JSONWriter()
            ranges = json.write(to: &writer)
            bytes = writer.bytes
        }

        subscript(index: Int) -> ArraySlice<UInt8> {
            // All but the first begin with the comma before them.
            index == 0 ? bytes[ranges[0]] : bytes[ranges[index]].dropFirst()
        }

        func differing(from other: Members) -> [ArraySlice<UInt8>] {
            ranges.indices.map { self[$0] }.enumerated().filter { $0.element != other[$0.offset] }.map(\.element)
        }
    }
}
