//! Tables for spreadsheets (RFC 4180).

/// Signs with which a spreadsheet begins to compute.
const FORMULAS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Rows of cells, written as they come.
#[derive(Debug, Default)]
pub(crate) struct Csv(String);

impl Csv {
    pub fn row<'c>(&mut self, cells: impl IntoIterator<Item = &'c str>) {
        for (index, cell) in cells.into_iter().enumerate() {
            if index > 0 {
                self.0.push(',');
            }
            self.cell(cell);
        }
        self.0.push_str("\r\n");
    }

    /// What a spreadsheet would take for a formula is text.
    fn cell(&mut self, cell: &str) {
        let computes = cell.starts_with(FORMULAS);
        let quoted = computes || cell.contains([',', '"', '\n', '\r']);
        if !quoted {
            self.0.push_str(cell);
            return;
        }
        self.0.push('"');
        if computes {
            self.0.push('\'');
        }
        self.0.push_str(&cell.replace('"', "\"\""));
        self.0.push('"');
    }

    pub fn finish(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_text_and_never_a_formula() {
        let table = [
            ("plain", "plain"),
            ("邮件", "邮件"),
            ("a,b", "\"a,b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("=HYPERLINK(\"http://evil\")", "\"'=HYPERLINK(\"\"http://evil\"\")\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\tx", "\"'\tx\""),
            ("\rx", "\"'\rx\""),
            ("", ""),
        ];
        for (cell, expected) in table {
            let mut csv = Csv::default();
            csv.row([cell, "end"]);
            assert_eq!(csv.finish(), format!("{expected},end\r\n"));
        }
    }
}
