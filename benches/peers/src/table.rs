//! Tables in Markdown, with columns as wide as what is in them.

/// Rows of cells; the first row is the head.
#[derive(Debug)]
pub struct Table(Vec<Vec<String>>);

impl Table {
    pub fn new<'a>(head: impl IntoIterator<Item = &'a str>) -> Self {
        Self(vec![head.into_iter().map(str::to_owned).collect()])
    }

    pub fn push(&mut self, row: Vec<String>) {
        assert_eq!(row.len(), self.0[0].len(), "as many cells as the head has");
        self.0.push(row);
    }

    /// Prints it: the first column to the left, the others, which are numbers, to the right.
    pub fn print(&self) {
        let width = |column: usize| self.0.iter().map(|row| row[column].chars().count()).max();
        let widths: Vec<usize> = (0..self.0[0].len()).filter_map(width).collect();
        for (index, row) in self.0.iter().enumerate() {
            print!("| {:<1$} |", row[0], widths[0]);
            for (cell, width) in row.iter().zip(&widths).skip(1) {
                print!(" {cell:>width$} |");
            }
            println!();
            if index == 0 {
                print!("|-{:-<1$}-|", "", widths[0]);
                for width in &widths[1..] {
                    print!("-{:->width$}:|", "");
                }
                println!();
            }
        }
    }
}

/// Three digits that count.
pub fn number(value: f64) -> String {
    match value.abs() {
        ..10.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}
