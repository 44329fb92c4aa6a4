import VeloSystem

/// Takes the build's places out of a keg's files when it becomes a bottle, and says what cannot be taken out.
///
/// Pure, on bytes; the keg itself is never changed. Paths are relative to the keg.
package struct KegSealer: Sendable {
    package let target: RelocationTarget
    private let formula: String
    private let rewriter: PlaceholderRewriter
    private let references: [BytePattern]
    private let strings: BinaryStrings

    /// - Parameter target: The places of the installation that the keg was built in.
    package init(target: RelocationTarget, formula: String) {
        self.target = target
        self.formula = formula
        rewriter = PlaceholderRewriter(target)
        references = Set([target.prefix, target.cellar, target.library]).sorted().map { BytePattern($0) }
        strings = BinaryStrings(prefix: target.prefix)
    }

    /// The file as the bottle is to hold it; nil when it stays as it is.
    package func sealed(_ bytes: [UInt8], at path: String) throws -> RewrittenFile? {
        if ELFImage.isELF(bytes) { return try sealedBinary(bytes, at: path) }
        if MachOFile.isMachO(bytes) { return try sealedMachO(bytes, at: path) }
        guard !RelocatableText.isFormulaCopy(path), !RelocatableText.isDocument(path),
            RelocatableText.isText(bytes, at: path)
        else { return nil }
        return rewriter.withPlaceholders(bytes).map { RewrittenFile(bytes: $0, changes: .text) }
    }

    private func sealedBinary(_ bytes: [UInt8], at path: String) throws -> RewrittenFile? {
        guard !SearchPathRules.isLoader(formula) else { return nil }
        let linkage = Linkage(
            oldPrefix: target.prefix, newPrefix: Placeholder.prefix.text, loader: nil,
            isCompiler: SearchPathRules.isCompiler(formula))
        do {
            let patches = try linkage.patches(for: EditableFile(bytes)) { image in
                image.sectionNames.contains { Self.exemptSections.contains($0) }
            }
            guard let patches, !patches.isEmpty else { return nil }
            return RewrittenFile(bytes: BytePatch.apply(patches, to: bytes), changes: .linkage)
        } catch {
            // Nothing refers to the build in it, so it does not matter that it is no ELF file that can be edited.
            guard references.contains(where: { $0.first(in: bytes) != nil }) else { return nil }
            throw RelocationError.binary(path: path, cause: error)
        }
    }

    private func sealedMachO(_ bytes: [UInt8], at path: String) throws -> RewrittenFile? {
        let file = EditableFile(bytes)
        do {
            guard try MachOFile(file).rename(LibraryNames(target).withPlaceholders), let sealed = file.bytesInMemory
            else { return nil }
            return RewrittenFile(bytes: sealed, changes: .linkage)
        } catch let error as MachOError {
            guard references.contains(where: { $0.first(in: bytes) != nil }) else { return nil }
            throw RelocationError.binary(path: path, cause: error)
        }
    }

    /// Programs that check themselves, or keep what belongs to them behind their last section.
    private static let exemptSections: Set<String> = ["protodesc_cold", ".bun"]

    /// Strings of a sealed file that still name a place of the build.
    ///
    /// - Parameter counts: Whether such a place matters; Homebrew asks if it exists and belongs to this keg or a
    ///   dependency.
    package func leftovers(
        in bytes: [UInt8], at path: String, counts: (String) -> Bool = { _ in true }
    ) -> [Leftover] {
        guard !RelocatableText.isDocument(path), !RelocatableText.isFormulaCopy(path) else { return [] }
        var leftovers: [Leftover] = []
        var done = 0
        let hits = Set(references.flatMap { $0.positions(in: bytes) }).sorted()
        for hit in hits where hit >= done {
            let range = Self.printableRange(around: hit, in: bytes)
            done = range.upperBound
            let text = String(decoding: bytes[range], as: UTF8.self)
            guard !Self.namesSource(text) else { continue }
            for piece in text.split(separator: ":").map(String.init) where namesBuild(piece) && counts(piece) {
                leftovers.append(Leftover(path: path, offset: range.lowerBound, text: piece))
            }
        }
        return leftovers
    }

    private func namesBuild(_ piece: String) -> Bool {
        let bytes = Array(piece.utf8)
        return references.contains { pattern in
            pattern.positions(in: bytes).contains { PlaceholderRewriter.isBoundary(bytes, before: $0) }
        }
    }

    /// File names that assertions and debugging information leave behind; nothing opens them.
    private static func namesSource(_ text: String) -> Bool {
        text.contains("/include/") || [".c", ".cc", ".cpp", ".h", ".hpp"].contains { text.hasSuffix($0) }
    }

    private static func printableRange(around index: Int, in bytes: [UInt8]) -> Range<Int> {
        let isPrintable: (UInt8) -> Bool = { $0 == 9 || (32...126).contains($0) }
        let start = bytes[..<index].lastIndex { !isPrintable($0) }.map { $0 + 1 } ?? 0
        let end = bytes[index...].firstIndex { !isPrintable($0) } ?? bytes.count
        return start..<end
    }

    /// Where a sealed binary holds the build prefix in strings that can be exchanged at another prefix.
    package func binaryStrings(in bytes: [UInt8]) -> [BinaryString] {
        guard bytes.contains(0), !RelocatableText.isScript(bytes) else { return [] }
        return strings.find(in: bytes)
    }

    /// Why those strings cannot be exchanged after all; nil if they can, as far as one can tell by looking.
    func whyFixed(_ strings: [BinaryString], in bytes: [UInt8]) -> String? {
        FixedStrings.reason(in: bytes, at: strings, holding: BytePattern(target.prefix))
    }

    /// A place of the build that a sealed file still names.
    package struct Leftover: Sendable, Equatable {
        package var path: String
        package var offset: Int
        package var text: String
    }
}
