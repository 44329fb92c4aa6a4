package import VeloSystem

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

    /// What is said about the build prefix in a bottle's binaries.
    package enum Pin: Sendable {
        /// They do not work without it.
        case certain
        /// Nothing: it matters unless it only names sources.
        case suspected
        /// It is there, and nothing opens what it names.
        case harmless
    }

    /// What is known about a bottle from its receipt or manifest.
    package struct BottleContents: Sendable {
        /// The text files with placeholders; nil when that was not recorded, and has to be found out.
        package var changedFiles: Set<String>?
        /// The prefix it was built for, when its binaries hold it: its cellar is neither `:any` nor
        /// `:any_skip_relocation`.
        package var buildPrefix: String?
        /// Where they hold it; nil when that was not recorded.
        package var binaryStrings: [String: [BinaryString]]?
        /// Whether it matters that the binaries hold the build prefix, where there is no room for a longer one.
        package var pin: Pin

        package init(
            changedFiles: Set<String>? = nil, buildPrefix: String? = nil,
            binaryStrings: [String: [BinaryString]]? = nil, pin: Pin = .certain
        ) {
            self.pin = pin
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
        if ELFImage.isELF(bytes) || MachOFile.isMachO(bytes) {
            let file = EditableFile(bytes)
            let changes = try relocate(file, at: path)
            guard !changes.isEmpty, let bytes = file.bytesInMemory else { return nil }
            return RewrittenFile(bytes: bytes, changes: changes)
        }
        var file = RewrittenFile(bytes: bytes, changes: [])
        if hasPlaceholders(path, bytes), let text = rewriter.withPlaces(bytes) {
            file = RewrittenFile(bytes: text, changes: .text)
        }
        if holdsBuildPrefix(path), bytes.contains(0), !RelocatableText.isScript(bytes) {
            let binary = EditableFile(file.bytes)
            if try exchangePrefix(in: binary, at: path), let bytes = binary.bytesInMemory {
                file.bytes = bytes
                file.changes.insert(.strings)
            }
        }
        return file.changes.isEmpty ? nil : file
    }

    /// Changes a program, library or other binary where it lies.
    private func relocate(_ file: EditableFile, at path: String) throws -> RewrittenFile.Changes {
        var changes: RewrittenFile.Changes = []
        let head = file.bytes(0..<min(8, file.count))
        let isRelinked = ELFImage.isELF(head) ? try relink(file, at: path) : try rename(in: file, at: path)
        if isRelinked { changes.insert(.linkage) }
        if holdsBuildPrefix(path), try exchangePrefix(in: file, at: path) { changes.insert(.strings) }
        return changes
    }

    private func hasPlaceholders(_ path: String, _ bytes: [UInt8]) -> Bool {
        if let changedFiles = contents.changedFiles { return changedFiles.contains(path) }
        guard !RelocatableText.isFormulaCopy(path), !RelocatableText.isDocument(path) else { return false }
        return RelocatableText.isText(bytes, at: path)
    }

    private func relink(_ file: EditableFile, at path: String) throws -> Bool {
        guard !SearchPathRules.isLoader(formula) else { return false }
        let linkage = Linkage(
            oldPrefix: Placeholder.prefix.text, newPrefix: target.prefix, loader: target.loader,
            isCompiler: SearchPathRules.isCompiler(formula))
        do {
            guard let patches = try linkage.patches(for: file), !patches.isEmpty else { return false }
            try BytePatch.apply(patches, to: file)
            return true
        } catch let error as ELFError {
            try file.check()
            // Test data of compilers and the like: what does not say where it was built has nothing to lose.
            guard BytePattern(Placeholder.mark).first(in: file.bytes(0..<file.count)) != nil else { return false }
            throw RelocationError.binary(path: path, cause: error)
        }
    }

    private func rename(in file: EditableFile, at path: String) throws -> Bool {
        do {
            return try MachOFile(file).rename(LibraryNames(target).withPlaces)
        } catch let error as MachOError {
            try file.check()
            guard BytePattern(Placeholder.mark).first(in: file.bytes(0..<file.count)) != nil else { return false }
            throw RelocationError.binary(path: path, cause: error)
        }
    }

    /// Whether a file may have to have its build prefix exchanged.
    private func holdsBuildPrefix(_ path: String) -> Bool {
        guard let buildPrefix = contents.buildPrefix, buildPrefix != target.prefix else { return false }
        return contents.binaryStrings.map { $0[path] != nil } ?? true
    }

    private func exchangePrefix(in file: EditableFile, at path: String) throws -> Bool {
        guard let buildPrefix = contents.buildPrefix else { return false }
        let isLonger = target.prefix.utf8.count > buildPrefix.utf8.count
        if isLonger && contents.pin == .harmless { return false }
        let strings = BinaryStrings(prefix: buildPrefix)
        let places: [BinaryString]
        if let recorded = contents.binaryStrings {
            places = recorded[path] ?? []
        } else {
            let bytes = file.bytes(0..<file.count)
            try file.check()
            places = strings.find(in: bytes)
            if let reason = FixedStrings.reason(in: bytes, at: places, holding: BytePattern(buildPrefix)) {
                guard contents.pin == .certain else { return false }
                throw RelocationError.fixed(path: path, reason: reason)
            }
            if isLonger && contents.pin == .suspected {
                let sealer = KegSealer(target: RelocationTarget(prefix: buildPrefix), formula: formula)
                if sealer.leftovers(in: bytes, at: path).isEmpty { return false }
            }
        }
        guard !places.isEmpty else { return false }
        let patches: [BytePatch]
        do throws(BinaryStrings.Failure) {
            patches = try strings.patches(replacingWith: target.prefix, at: places, in: file)
        } catch {
            try file.check()
            switch error {
            case .prefixTooLong(let room):
                throw RelocationError.prefixTooLong(path: path, prefix: target.prefix, room: room)
            case .notThere(let string): throw RelocationError.stringMissing(path: path, offset: string.offset)
            }
        }
        try BytePatch.apply(patches, to: file)
        return true
    }

    package func edit(for path: String, head: [UInt8]) -> FileEdit {
        if ELFImage.isELF(head) || MachOFile.isMachO(head) {
            return .inPlace { file in try !relocate(file, at: path).isEmpty }
        }
        // A binary without a listed string is not even searched; a script is text.
        if hasPlaceholders(path, head) || (holdsBuildPrefix(path) && !RelocatableText.isScript(head)) {
            return .whole { bytes in try relocate(bytes, at: path)?.bytes }
        }
        return .none
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
