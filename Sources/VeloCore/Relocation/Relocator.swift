import VeloSystem

/// A file's new contents, and why they are new.
package struct RewrittenFile: Sendable {
    package struct Changes: OptionSet, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }

        package static let text = Changes(rawValue: 1)
        /// Search path or interpreter of a program or library.
        package static let linkage = Changes(rawValue: 2)
        /// The build prefix inside a binary.
        package static let strings = Changes(rawValue: 4)
    }

    package var bytes: [UInt8]
    package var changes: Changes
}

/// Makes the files of a poured bottle fit the prefix they are poured into, each as it is written.
///
/// Placeholders in text become places; programs and libraries get the prefix's search path and loader; and where a
/// bottle holds its build prefix inside binaries, that is exchanged. Absolute links into the prefix become relative.
package struct Relocator: EntryTransform {
    private let target: RelocationTarget
    private let rewriter: PlaceholderRewriter
    private let formula: String
    private let version: String
    private let contents: BottleContents

    /// What is known about a bottle from its receipt or manifest.
    package struct BottleContents: Sendable {
        /// The text files with placeholders; nil when that was not recorded, and has to be found out.
        package var changedFiles: Set<String>?
        /// The prefix it was built for, when its binaries hold it: its cellar is neither `:any` nor
        /// `:any_skip_relocation`.
        package var buildPrefix: String?
        /// Where they hold it; nil when that was not recorded.
        package var binaryStrings: [String: [BinaryString]]?

        package init(
            changedFiles: Set<String>? = nil, buildPrefix: String? = nil,
            binaryStrings: [String: [BinaryString]]? = nil
        ) {
            self.changedFiles = changedFiles
            self.buildPrefix = buildPrefix
            self.binaryStrings = binaryStrings
        }
    }

    package init(
        target: RelocationTarget, formula: String, version: String, contents: BottleContents = BottleContents()
    ) {
        self.target = target
        self.formula = formula
        self.version = version
        self.contents = contents
        rewriter = PlaceholderRewriter(target)
    }

    /// The file's contents for the new place; nil when they stay as they are. Paths are relative to the keg.
    package func relocate(_ bytes: [UInt8], at path: String) throws -> RewrittenFile? {
        var file = RewrittenFile(bytes: bytes, changes: [])
        if ELFImage.isELF(bytes) {
            try relink(&file, at: path)
        } else if hasPlaceholders(path, bytes), let text = rewriter.withPlaces(bytes) {
            file = RewrittenFile(bytes: text, changes: .text)
        }
        try exchangePrefix(&file, at: path)
        return file.changes.isEmpty ? nil : file
    }

    private func hasPlaceholders(_ path: String, _ bytes: [UInt8]) -> Bool {
        if let changedFiles = contents.changedFiles { return changedFiles.contains(path) }
        guard !RelocatableText.isFormulaCopy(path), !RelocatableText.isDocument(path) else { return false }
        return RelocatableText.isText(bytes, at: path)
    }

    private func relink(_ file: inout RewrittenFile, at path: String) throws {
        guard !SearchPathRules.isLoader(formula) else { return }
        let linkage = Linkage(
            oldPrefix: Placeholder.prefix.text, newPrefix: target.prefix, loader: target.loader,
            isCompiler: SearchPathRules.isCompiler(formula))
        do {
            guard let patches = try linkage.patches(for: file.bytes), !patches.isEmpty else { return }
            file.bytes = BytePatch.apply(patches, to: file.bytes)
            file.changes.insert(.linkage)
        } catch {
            // Test data of compilers and the like: what does not say where it was built has nothing to lose.
            guard BytePattern(Placeholder.mark).first(in: file.bytes) != nil else { return }
            throw RelocationError.binary(path: path, cause: error)
        }
    }

    private func exchangePrefix(_ file: inout RewrittenFile, at path: String) throws {
        guard let buildPrefix = contents.buildPrefix, buildPrefix != target.prefix, file.bytes.contains(0),
            !RelocatableText.isScript(file.bytes)
        else { return }
        let strings = BinaryStrings(prefix: buildPrefix)
        let places: [BinaryString]
        if let recorded = contents.binaryStrings {
            places = recorded[path] ?? []
        } else {
            places = strings.find(in: file.bytes)
        }
        guard !places.isEmpty else { return }
        do throws(BinaryStrings.Failure) {
            let patches = try strings.patches(replacingWith: target.prefix, at: places, in: file.bytes)
            file.bytes = BytePatch.apply(patches, to: file.bytes)
            file.changes.insert(.strings)
        } catch {
            switch error {
            case .prefixTooLong(let room):
                throw RelocationError.prefixTooLong(path: path, prefix: target.prefix, room: room)
            case .notThere(let string): throw RelocationError.stringMissing(path: path, offset: string.offset)
            }
        }
    }

    package func wants(_ path: String, head: [UInt8]) -> Bool {
        if ELFImage.isELF(head) { return true }
        if contents.buildPrefix != nil, contents.binaryStrings?[path] != nil || contents.binaryStrings == nil {
            return true
        }
        return hasPlaceholders(path, head)
    }

    package func transform(_ bytes: [UInt8], at path: String) throws -> [UInt8]? {
        try relocate(bytes, at: path)?.bytes
    }

    package func linkTarget(_ linkTarget: String, at path: String) -> String {
        let link = "Cellar/\(formula)/\(version)/\(path)"
        let roots = [target.prefix, Placeholder.prefix.text] + (contents.buildPrefix.map { [$0] } ?? [])
        for root in roots {
            if let relative = PrefixLink.relative(linkTarget, from: link, prefix: root) { return relative }
        }
        let cellar = Placeholder.cellar.text
        guard linkTarget.hasPrefix(cellar + "/") else { return linkTarget }
        let absolute = target.cellar + linkTarget.dropFirst(cellar.count)
        return PrefixLink.relative(absolute, from: link, prefix: target.prefix) ?? linkTarget
    }
}

/// Symbolic links from one place of a prefix to another.
package enum PrefixLink {
    /// An absolute target below `prefix` as seen from a link, whose path is relative to the prefix; nil for any other.
    package static func relative(_ target: String, from link: String, prefix: String) -> String? {
        guard target == prefix || target.hasPrefix(prefix + "/") else { return nil }
        let names = target.dropFirst(prefix.count).split(separator: "/")
        let folder = link.split(separator: "/").dropLast()
        // A target that climbs is not ours to simplify: it may go through links.
        let common = names.contains("..") ? 0 : zip(names, folder).prefix { $0 == $1 }.count
        let path = repeatElement("..", count: folder.count - common) + names.dropFirst(common).map(String.init)
        return path.isEmpty ? "." : path.joined(separator: "/")
    }
}
