import VeloSystem

/// One move of a keg, as far as the search paths and interpreters of its binaries go.
struct Linkage: Sendable {
    let oldPrefix: String
    let newPrefix: String
    /// The interpreter that every program gets, if there is one.
    let loader: String?
    let isCompiler: Bool

    /// What to write into a binary; nil when it is not one that is looked at.
    func patches(for file: EditableFile, unless isExempt: (ELFImage) -> Bool = { _ in false }) throws -> [BytePatch]? {
        let image = try ELFImage(file)
        guard image.isProgramOrLibrary, image.isDynamic, !isExempt(image) else { return nil }
        return try image.patches(
            interpreter: image.interpreter.map {
                SearchPathRules.interpreter($0, from: oldPrefix, to: newPrefix, loader: loader)
            },
            searchPath: image.searchPath.map {
                SearchPathRules.searchPath($0, from: oldPrefix, to: newPrefix, isCompiler: isCompiler)
            })
    }
}
