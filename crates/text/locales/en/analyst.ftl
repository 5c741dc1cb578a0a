# analyst
