<?php
# DokuWiki's own settings: a wiki that everybody may read.
$conf['title'] = 'Wiki hướng dẫn dịch vụ công (mẫu)';
$conf['lang'] = 'vi';
$conf['start'] = 'ho_chieu';
$conf['useacl'] = 0;
$conf['userewrite'] = 2;
$conf['disableactions'] = 'edit,register,source,login';
$conf['savedir'] = $_SERVER['WIKI_DATA'];
