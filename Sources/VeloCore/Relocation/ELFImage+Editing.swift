import VeloSystem

extension ELFImage {
    /// What to write where so that the file has another interpreter or search path; empty when it has them already.
    ///
    /// A search path becomes `DT_RPATH`, as Homebrew has it. Neither is added to a file that has none. Where the new text
    /// does not fit into the place of the old one, it goes into a segment of its own at the file's end; nothing that
    /// exists is moved. Old text is overwritten with zeros, unless something else may refer to it.
    package func patches(
        interpreter: String? = nil, searchPath: String? = nil
    ) throws(ELFError) -> [BytePatch] {
        var patches: [BytePatch] = []
        var growth = ELFGrowth(self)
        if let interpreter, let current = self.interpreter, interpreter != current {
            try replaceInterpreter(with: interpreter, &patches, &growth)
        }
        if let searchPath, let dynamic, let entry = dynamic.searchPathEntry {
            try replaceSearchPath(with: Array(searchPath.utf8), entry, dynamic, &patches, &growth)
        }
        return patches + (try growth.patches())
    }

    private func replaceInterpreter(
        with text: String, _ patches: inout [BytePatch], _ growth: inout ELFGrowth
    ) throws(ELFError) {
        guard let segment = segments.first(where: { $0.type == ELF.Segment.interpreter }) else { return }
        var bytes = Array(text.utf8) + [0]
        let room = Int(segment.fileSize)
        if bytes.count > room {
            growth.interpreter = bytes
            bytes = []
        }
        // The segment keeps its size, so that a longer path finds room again; the kernel wants a NUL at its end only.
        bytes += repeatElement(0, count: room - bytes.count)
        patches.append(BytePatch(offset: Int(segment.offset), bytes: bytes))
    }

    private func replaceSearchPath(
        with text: [UInt8], _ entry: ELFDynamicTable.Entry, _ table: ELFDynamicTable,
        _ patches: inout [BytePatch], _ growth: inout ELFGrowth
    ) throws(ELFError) {
        let old = try table.stringBytes(at: entry.value, reader)
        var value = entry.value
        if !old.elementsEqual(text) {
            let slot = Slot(self, table, at: entry.value, length: old.count)
            let place = Int(table.stringsOffset + entry.value)
            if slot.isOurs(upTo: max(old.count, text.count)), text.count <= slot.room {
                patches.append(BytePatch(offset: place, bytes: padded(text, to: old.count)))
            } else {
                var strings = Array(try stringTable(table))
                if slot.isOurs(upTo: old.count) {
                    patches.append(BytePatch(offset: place, bytes: padded([], to: old.count)))
                    let start = Int(entry.value)
                    strings.replaceSubrange(start..<start + old.count, with: repeatElement(0, count: old.count))
                }
                if strings.last != 0 { strings.append(0) }
                value = UInt64(strings.count)
                growth.strings = strings + text + [0]
            }
        }
        let paths = table.entries.filter { $0.tag == ELF.Tag.rpath || $0.tag == ELF.Tag.runpath }
        for path in paths where path.tag != ELF.Tag.rpath || path.value != value {
            patches.append(dynamicPatch(path.position, tag: ELF.Tag.rpath, value: value))
        }
    }

    private func padded(_ bytes: [UInt8], to count: Int) -> [UInt8] {
        bytes + repeatElement(0, count: max(0, count - bytes.count))
    }

    func stringTable(_ table: ELFDynamicTable) throws(ELFError) -> ArraySlice<UInt8> {
        guard let slice = try? reader.slice(table.stringsOffset, table.stringsSize) else {
            throw .beyondEnd(what: "dynamic strings")
        }
        return slice
    }

    func dynamicPatch(_ position: UInt64, tag: UInt64, value: UInt64) -> BytePatch {
        let size = header.wordSize
        return BytePatch(offset: Int(position), bytes: reader.encoded(tag, size) + reader.encoded(value, size))
    }

    /// The place of the search path in the string table.
    private struct Slot {
        /// The longest text that fits before the next string: the old one and the zeros after it, but for one.
        let room: Int
        private let start: UInt64
        private let beginsAString: Bool
        private let users: ELFStringUsers

        init(_ image: ELFImage, _ table: ELFDynamicTable, at value: UInt64, length: Int) {
            let file = image.reader.file
            let first = Int(table.stringsOffset + value)
            let end = Int(table.stringsOffset + table.stringsSize)
            let zeros = ((first + length)..<end).prefix { file.byte($0) == 0 }.count
            room = length + zeros - 1
            start = value
            beginsAString = value == 0 || file.byte(first - 1) == 0
            users = ELFStringUsers(image, table)
        }

        /// Whether nothing else refers to these bytes and the terminator after them.
        func isOurs(upTo length: Int) -> Bool {
            beginsAString && start > 0 && !users.use(start...(start + UInt64(length)))
        }
    }
}
